#!/bin/sh
# Renders screenshots/*.png: the console runs on the demo in an emulated terminal, and what the terminal shows is drawn.
#   screenshots.sh [NAME-PATTERN]
set -eu
cd "$(dirname "$0")/.."
only=${1:-}
out=screenshots
warm_up_seconds=${WARM_UP:-75}

cmake --preset debug >/dev/null
cmake --build --preset debug -j "${JOBS:-2}" --target auroratop auroratop-demo vtshot >/dev/null
shot=build/debug/tests/vtshot
console=build/debug/src/auroratop

work=$(mktemp -d)
build/debug/src/auroratop demo --headless >"$work/settings" &
demo=$!
trap 'kill "$demo" 2>/dev/null; wait "$demo" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
until grep -q '^ready$' "$work/settings"; do
	kill -0 "$demo" || exit 1
	sleep 0.2
done
# The lines are made for this.
# shellcheck disable=SC1091
. /dev/stdin <<SETTINGS
$(grep '^export ' "$work/settings")
SETTINGS
# No settings of this machine's user in the pictures.
export XDG_CONFIG_HOME="$work" XDG_STATE_HOME="$work" LC_ALL=C.UTF-8
unset NO_COLOR
# The lock chain has stood for a while, and rates and the load graph have a past.
sleep "$warm_up_seconds"

# picture NAME SIZE KEYS [OPTION...]
picture() {
	name=$1 size=$2 keys=$3
	shift 3
	case "$name" in *"$only"*) ;; *) return ;; esac
	"$shot" -s "$size" "$work/$name" "$keys" "$console" "$@"
	rsvg-convert "$work/$name.svg" -o "$out/$name.png"
	echo "$out/$name.png"
}

mkdir -p "$out"
# The load graph begins with the console.
wait_overview='@150000'
picture overview-160x48 160x48 "$wait_overview"
picture overview-80x24 80x24 '@8000'
picture overview-40x12 40x12 '@8000'
picture activity-160x48 160x48 '2@6000'
picture session-160x48 160x48 '2@6000<Enter>@2000'
# a lock chain ends and a new one begins: not between the two
picture locks-160x48 160x48 '3@40000<WaitLong nobody waits><WaitLong summed wait>@25000'
picture statements-160x48 160x48 '5@90000j@1000'
picture plan-160x48 160x48 '2@6000mmmmm@2000/revenue@300<Enter>@800e@4000'
picture vacuum-full-160x48 160x48 '@3000:tables<Enter>@6000:vacuum full<Enter>@2500'
picture slow-log-160x48 160x48 '@6000L@1500<C-u>250 for 15<Enter>@3000'
picture storage-160x48 160x48 '6@8000'
picture backups-160x48 160x48 '7@6000'
picture network-160x48 160x48 '8@6000'
picture logs-160x48 160x48 '9@8000'
picture logs-slow-160x48 160x48 '9@8000d@1000'
picture help-160x48 160x48 '@4000?@1000'
picture palette-160x48 160x48 '@4000:@1000'
picture actions-160x48 160x48 '2@6000a@1000'
picture clusters-160x48 160x48 '@3000:clusters<Enter>@4000'
picture overview-light 160x48 '@8000' --theme light
picture overview-colour-blind 160x48 '@8000' --theme colour-blind
picture overview-high-contrast 160x48 '@8000' --theme high-contrast
picture overview-mono 160x48 '@8000' --theme mono
picture overview-ascii 160x48 '@8000' --ascii
