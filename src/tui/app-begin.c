/* What waits to be finished when the composer begins: a letter that only a file could take, or drafts. */
#include "tui/app-private.h"

#include <unistd.h>

#include "base/i18n.h"
#include "base/visible.h"
#include "engine/outbox-words.h"
#include "engine/when.h"
#include "net/clock.h"
#include "tui/compose-screen.h"

/* One place's drafts: places answer in any order, and the last one decides. */
typedef struct {
  struct Beginning *beginning;
  Place *place;
  GPtrArray *items; /* of OutboxItem */
} Look;

typedef struct Beginning {
  App *app;
  Sheet *sheet;      /* of the letter that it begins with */
  gboolean is_plain; /* nobody asked for this letter */
  GPtrArray *looks;  /* of Look */
  guint waiting;     /* for as many */
  Rescue *rescue;    /* NULL: there is none */
  Letter *rescued;
} Beginning;

static void
note_draft (const OutboxItem *item, gpointer data)
{
  const Look *look = data;

  if (item->owner == (guint32)getuid ())
    g_ptr_array_add (look->items, outbox_item_copy (item));
}

static void
look_for_drafts (Outbox *outbox, gpointer data)
{
  Look *look = data;
  const OutboxFilter drafts = { .states = 1U << OUTBOX_DRAFT, .owner = OUTBOX_ANYBODY };

  outbox_list (outbox, &drafts, note_draft, look, NULL);
}

static void
look_free (gpointer data)
{
  Look *look = data;

  g_ptr_array_unref (look->items);
  g_free (look);
}

/* --- what was rescued ------------------------------------------------------------------- */

static void
beginning_free (Beginning *beginning)
{
  g_ptr_array_unref (beginning->looks);
  g_clear_pointer (&beginning->rescued, letter_free);
  rescue_free (beginning->rescue);
  g_free (beginning);
}

static void
on_rescue_choice (char key, gpointer data)
{
  Beginning *beginning = data;
  App *app = beginning->app;

  if (key == 'c') {
    sheet_new_rescued (app_home (app), g_steal_pointer (&beginning->rescued),
                       g_steal_pointer (&beginning->rescue));
    app_close_blank (app);
  } else if (key == 0) {
    app->desk.say (&app->desk, STYLE_PLAIN, _ ("The rescued letter is offered again at the next start"));
  }
  beginning_free (beginning);
}

static void
offer_rescued (Beginning *beginning)
{
  const DeskOption options[] = { { 'c', _ ("Continue") }, { 'n', _ ("New letter") } };
  Desk *desk = &beginning->app->desk;
  g_autofree char *subject = visible_text (beginning->rescued->subject, -1);
  g_autofree char *file = visible_text (rescue_file (beginning->rescue), -1);
  /* TRANSLATORS: the subject of a letter, and the name of a file */
  g_autofree char *words
      = g_strdup_printf (_ ("A letter that the outbox could not keep was rescued: %s (%s)"), subject, file);

  desk->offer (desk, words, options, G_N_ELEMENTS (options), on_rescue_choice, beginning);
}

/* --- drafts ------------------------------------------------------------------------------- */

typedef struct {
  Place *place;
  gint64 id;
} Offer;

static void
say_waiting (App *app)
{
  app->desk.say (&app->desk, STYLE_PLAIN, _ ("An unfinished letter waits; F2 shows it"));
}

static void
on_offer (char key, gpointer data)
{
  Offer *offer = data;
  App *app = offer->place->app;

  if (key == 'c')
    app_edit_item (&app->desk, offer->place->index, offer->id);
  else if (key == 'o')
    app_open_outbox (app);
  else if (key == 0)
    say_waiting (app);
  g_free (offer);
}

static void
offer_draft (Place *place, const OutboxItem *item, guint others)
{
  const DeskOption options[]
      = { { 'c', _ ("Continue") }, { 'n', _ ("New letter") }, { 'o', _ ("All drafts") } };
  g_autofree char *subject = outbox_subject_words (item);
  g_autofree char *when = when_format (item->changed, clock_instant ().wall);
  /* TRANSLATORS: the subject of a letter, and a time */
  g_autofree char *one = g_strdup_printf (_ ("A letter isn't finished: %s, %s"), subject, when);
  g_autofree char *more
      = others > 0 ? g_strdup_printf (ngettext (" (and %u other)", " (and %u others)", others), others)
                   : g_strdup ("");
  g_autofree char *words = g_strconcat (one, more, NULL);
  Offer *offer = g_new (Offer, 1);

  *offer = (Offer){ place, item->id };
  place->app->desk.offer (&place->app->desk, words, options, others > 0 ? 3 : 2, on_offer, offer);
}

/* The newest of those that nobody is writing; NULL: there is none. */
static const OutboxItem *
newest_draft (const Beginning *beginning, Place **ret_place, guint *ret_others)
{
  const OutboxItem *newest = NULL;
  guint n = 0;

  for (guint i = 0; i < beginning->looks->len; i++) {
    const Look *look = g_ptr_array_index (beginning->looks, i);
    for (guint j = 0; j < look->items->len; j++) {
      const OutboxItem *item = g_ptr_array_index (look->items, j);
      if (!draft_locks_is_free (look->place->locks, item->id))
        continue;
      n++;
      if (newest && item->changed < newest->changed)
        continue;
      newest = item;
      *ret_place = look->place;
    }
  }
  *ret_others = n > 0 ? n - 1 : 0;
  return newest;
}

/* Who types already isn't asked. */
static gboolean
is_untouched (const Sheet *sheet)
{
  return sheet->compose && compose_screen_version (sheet->compose) == sheet->saved;
}

static void
offer (Beginning *beginning)
{
  App *app = beginning->app;
  guint others = 0;
  Place *place = NULL;
  const OutboxItem *newest = newest_draft (beginning, &place, &others);
  const gboolean may_ask = is_untouched (beginning->sheet);

  if (may_ask)
    beginning->rescue = rescue_find (app->rescue_folders, &beginning->rescued);
  if (beginning->rescue) {
    offer_rescued (beginning);
    return;
  }
  if (newest && beginning->is_plain && may_ask)
    offer_draft (place, newest, others);
  else if (newest)
    say_waiting (app);
  beginning_free (beginning);
}

static void
after_look (Outbox *outbox, gpointer data)
{
  const Look *look = data;

  if (--look->beginning->waiting == 0)
    offer (look->beginning);
}

void
app_begin (App *app, Letter *letter, gboolean is_plain)
{
  Beginning *beginning = g_new0 (Beginning, 1);

  *beginning = (Beginning){ .app = app,
                            .sheet = sheet_new (app_home (app), letter, 0),
                            .is_plain = is_plain,
                            .looks = g_ptr_array_new_with_free_func (look_free),
                            .waiting = app->places->len };
  app->blank = is_plain ? beginning->sheet : NULL;
  guint i = 0;
  do { /* there always is one */
    Look *look = g_new (Look, 1);
    *look = (Look){ beginning, app_place_at (app, i),
                    g_ptr_array_new_with_free_func ((GDestroyNotify)outbox_item_free) };
    g_ptr_array_add (beginning->looks, look);
    outbox_source_run (look->place->source, look_for_drafts, after_look, look);
  } while (++i < app->places->len);
}
