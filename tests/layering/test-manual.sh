#!/bin/sh
# The manual is right about the program: it says every verb and option, its pages are clean
# mdoc, and what is made from the options' table is what the program prints now.
toukan=$top_builddir/toukan
LC_ALL=C.UTF-8
TOUKAN_CONFIG=/dev/null
export LC_ALL TOUKAN_CONFIG
number=0
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT

# result NAME: the status of the command before it.
result ()
{
	status=$?
	number=$((number + 1))
	test "$status" -eq 0 || printf 'not '
	printf 'ok %d - %s\n' "$number" "$1"
}

# Whatever is printed is wrong; it is shown, and the status says so.
nothing ()
{
	found=$(cat)
	test -z "$found" && return 0
	printf '%s\n' "$found" | sed 's/^/# /'
	return 1
}

# made FILE: it lies in the build tree, or came with the distribution.
made ()
{
	if test -f "$top_builddir/$1"; then echo "$top_builddir/$1"; else echo "$top_srcdir/$1"; fi
}

page1=$top_builddir/doc/toukan.1
page5=$top_builddir/doc/toukan.conf.5

# Whether other pages are installed depends on the machine, and so does mandoc's index.
for page in "$page1" "$page5"; do
	mandoc -T lint -W style "$page" 2>&1 | grep -v -e 'referenced manual not found' -e 'mandoc.db' | nothing
	result "$(basename "$page") is clean mdoc"
	grep -n '@[A-Za-z_]*@' "$page" | nothing
	result "$(basename "$page") is filled in"
done

# The list of verbs is the list of their declarations.
sed -n 's/^extern const Verb verb_\([a-z]*\);$/\1/p' "$top_srcdir/src/cli/verb.h" >"$scratch/verbs"
test -s "$scratch/verbs"
result 'there are verbs'
while read -r verb; do
	grep -qx ".Ss toukan $verb" "$page1"
	result "toukan.1 describes the verb $verb"
done <"$scratch/verbs"

grep -qx '.Ss toukan compose' "$page1"
result 'toukan.1 describes the verb compose'

for verb in compose send batch outbox config paths probe agent; do
	"$toukan" $verb --help 2>&1 | sed -n 's/^.*--\([a-z][a-z-]*\).*$/\1/p' | grep -vx help | sort -u >"$scratch/long"
	test -s "$scratch/long"
	result "$verb has options"
	while read -r option; do
		grep -qE "Fl (. , )?-$option( |$)" "$page1"
		result "toukan.1 knows $verb --$option"
	done <"$scratch/long"
done

"$toukan" config options --format names | sed 's/ .*//' >"$scratch/names"
test "$(wc -l <"$scratch/names")" -gt 20
result 'there are options'
while read -r name; do
	grep -q "^\.It Ic $name " "$page5"
	result "toukan.conf.5 lists $name"
done <"$scratch/names"

"$toukan" config options --format man | cmp - "$(made doc/options.mdoc)" >&2
result 'the list in the manual is that of the program'
"$toukan" config options --format keys | cmp - "$(made doc/keys.mdoc)" >&2
result 'the keys in the manual are those of the program'
"$toukan" sendmail --help=man | cmp - "$(made doc/letters.mdoc)" >&2
result 'the letters in the manual are those of the program'
"$toukan" config options --format names | cmp - "$(made doc/option-names)" >&2
result 'the list in the completion is that of the program'
"$toukan" config options --format sample | cmp - "$(made doc/config.sample)" >&2
result 'the sample is that of the program'

cp "$(made doc/config.sample)" "$scratch/sample"
TOUKAN_CONFIG=$scratch/sample "$toukan" config check 2>&1 >"$scratch/out" | nothing &&
	grep -q ': no faults$' "$scratch/out"
result 'the sample has no faults'
sed -e 's/^#\([a-z-]* = \)/\1/' -e '/^default-account/d' "$scratch/sample" >"$scratch/all"
chmod 600 "$scratch/all"
TOUKAN_CONFIG=$scratch/all "$toukan" config show 2>&1 | awk -v file="$scratch/all" '
	/^\[/ { next }
	index($0, file ":") == 0 { print }' | nothing
result 'every line of the sample that is commented out can be used'

# Examples in toukan.conf(5), as they stand there; what is shown by a smaller offset is none.
awk '/^\.Bd .*indent$/ { show = 1; next } /^\.Ed/ { show = 0; print ""; next } show' "$page5" |
	sed 's/\\e/\\/g' >"$scratch/examples"
grep -c '^\[account' "$scratch/examples" | grep -qx '[4-9]'
result 'the manual has examples'
TOUKAN_CONFIG=$scratch/examples "$toukan" config check 2>&1 >"$scratch/out" | nothing
result 'the examples have no faults'

echo "1..$number"
