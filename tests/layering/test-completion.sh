#!/bin/sh
# Completion offers what the program takes, however bash breaks the words.
number=0
LC_ALL=C
export LC_ALL

# Options that change how readline inserts a word work inside a completion only.
driver='
compopt () { :; }
. "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_toukan
printf "%s\n" "${COMPREPLY[@]}"'

# check NAME EXPECTED WORD…: EXPECTED are words, in any order.
check ()
{
	name=$1 expected=$2
	shift 2
	found=$(bash -c "$driver" bash "$top_builddir/completion/toukan.bash" "$@" 2>&1 | sort | tr '\n' ' ')
	number=$((number + 1))
	if test "$found" = "$expected "; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		echo "# found: $found"
	fi
}

TOUKAN_CONFIG=$(mktemp) || exit 99
export TOUKAN_CONFIG
trap 'rm -f "$TOUKAN_CONFIG"' EXIT
printf '[defaults]\n [account work] \n[account home]\n#[account no]\n' >"$TOUKAN_CONFIG"

check 'verbs' 'send sendmail' toukan se
check 'options of a verb' '--subject' toukan send --su
check 'keys' 'tls-ca-dir= tls-ca-file= tls-client-certificate= tls-client-key= tls-fingerprint= tls-name= tls=' \
	toukan send --set tls
check 'a key from the middle of a line' 'port-patience= ports=' toukan config show --set port
check 'all values' 'off required when-offered' toukan send --set tls =
check 'a value begun' 'ipv6 ipv6-first' toukan send --set family = ipv6
check 'yes and no' 'no yes' toukan send --set chunking =
check 'a key without words' '' toukan send --set user =
check 'accounts' 'home work' toukan send -a ''
check 'an account begun' 'work' toukan send --account w
check 'formats' 'sample' toukan config options --format s
check 'faults' 'refused' toukan demo --fault r
check 'what outbox does' 'release remove resolve retry' toukan outbox re
check 'how to resolve' '--account --set all resend sent' toukan outbox resolve 3 ''
check 'options of probe' '--history' toukan probe --hi
check 'options of agent' '--once' toukan agent --o
check 'options of paths' '--forget' toukan paths --f
check 'subcommands' 'show' toukan config sh
check 'what batch does' 'remove resolve resume' toukan batch re
check 'options of batch' '--list-id --list-unsubscribe' toukan batch --list-
check 'how to resolve a row' '--account --json --set all resend sent' toukan batch resolve people ''
check 'options of resume' '--rate --report' toukan batch resume people --r
check 'in doubt' 'hold resend' toukan batch --in-doubt ''
driver="COMP_WORDBREAKS=' '
$driver"
check 'where = is no break' 'tls=required' toukan send --set tls=re
echo "1..$number"
