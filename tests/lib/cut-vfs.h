/* Power cuts for SQLite: a VFS that writes down what is written, truncated and synced, in
 * order, and afterwards makes the files as a disk might hold them if the power had failed
 * at any moment. What no sync has followed may be lost, kept, or torn. */
#pragma once

#include <glib.h>

/* Before SQLite is used at all. */
void cut_vfs_register (void);

/* From here to cut_vfs_end() everything in DIRECTORY is recorded; what is there now is durable. */
void cut_vfs_begin (const char *directory);
/* Something that was promised at this point. */
void cut_vfs_mark  (int promise);

typedef struct CutRecord CutRecord;
CutRecord *cut_vfs_end (void);
void       cut_record_free (CutRecord *record);

/* Moments at which the power can fail: before event 0, 1 … and after the last. */
guint cut_record_length (const CutRecord *record);

/* The latest promise before CUT, and the one after it; 0: none, -1: none any more. */
int  cut_record_promised (const CutRecord *record, guint cut);

/* Syncs, by number; each is the event before a promise or not. */
guint    cut_record_syncs (const CutRecord *record);
/* Is number SYNC the last one before something was promised? */
gboolean cut_record_sync_promises (const CutRecord *record, guint sync);
/* The moments from that sync to the next of the same file. */
void     cut_record_sync_range (const CutRecord *record, guint sync, guint *ret_first, guint *ret_last);

typedef enum {
  CUT_LOSES_ALL,  /* what wasn't synced */
  CUT_LOSES_SOME, /* by sectors, in any order */
  CUT_LOSES_NONE,
} CutLoss;

#define CUT_ALL_SYNCS (-2) /* .ignored: as if nothing had ever been synced */

typedef struct {
  guint   at;
  CutLoss loss;
  GRand  *random;  /* of CUT_LOSES_SOME */
  int     ignored; /* a sync that did nothing; -1: none; CUT_ALL_SYNCS */
} Cut;

/* Makes the files in DIRECTORY, which is empty. */
void cut_record_restore (const CutRecord *record, const Cut *cut, const char *directory);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CutRecord, cut_record_free)
