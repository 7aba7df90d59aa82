# Makes a header of a list of functions: see net/library.h.
# usage: awk -v library=openssl -f on-demand.awk openssl.functions
{ names[NR] = $1 }
END {
  print "/* Made of " library ".functions. */"
  print "#pragma once"
  print "#include \"net/library.h\""
  print "typedef union {"
  print "  struct {"
  for (i = 1; i <= NR; i++)
    print "    __typeof__ (" names[i] ") *" names[i] ";"
  print "  } by;"
  print "  gpointer all[" NR "];"
  print "} " library "_functions;"
  print "extern Library " library "_library;"
  printf "#define %s_FUNCTION_NAMES", toupper (library)
  for (i = 1; i <= NR; i++)
    printf " \"%s\",", names[i]
  print " NULL"
  for (i = 1; i <= NR; i++)
    print "#define " names[i] " ((" library "_functions *)library_functions (&" library "_library))->by." names[i]
}
