#!/bin/sh
# Installs the Debian packages that a target needs, and says which ones.
#   deps.sh build | demo | package | test | bench
# Quick and silent when everything is there. Uses sudo when not root. Where PostgreSQL comes with it,
# no cluster is created on this machine: the demo and the tests make their own in temporary folders.
set -eu

build='gcc libc6-dev pkg-config cmake ninja-build ncurses-bin libncurses-dev libcurl4-openssl-dev libssl-dev
libpq-dev libjansson-dev libexpat1-dev libmicrohttpd-dev scdoc ca-certificates'
demo='postgresql'
package='file dpkg-dev'
test='clang clang-format-14 clang-tidy-14 libclang-rt-14-dev libcmocka-dev libvterm-dev libpg-query-dev pmccabe
shellcheck python3 python3-botocore awscli tmux strace postgresql-client librsvg2-bin fonts-jetbrains-mono fonts-dejavu-core'
bench='pg-activity postgresql-client iproute2 openssl python3'

case "${1:-}" in
build) wanted=$build ;;
demo) wanted="$build $demo" ;;
package) wanted="$build $package" ;;
test) wanted="$build $demo $test" ;;
bench) wanted="$build $demo $bench" ;;
*)
	echo "usage: deps.sh build|demo|package|test|bench" >&2
	exit 2
	;;
esac

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
	echo "deps: not a Debian system; make sure that the equivalents of these are installed:" >&2
	echo "deps: $wanted" | tr '\n' ' ' >&2
	echo >&2
	exit 0
fi

installed() {
	case "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null)" in
	ii*) return 0 ;;
	*) return 1 ;;
	esac
}

missing=''
for package in $wanted; do
	installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		echo "deps: installing needs root and sudo is not there; as root run:" >&2
		echo "  apt-get install -y --no-install-recommends$missing" >&2
		exit 1
	fi
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

has_server() {
	for binary in /usr/lib/postgresql/*/bin/postgres; do
		[ -x "$binary" ] && return 0
	done
	return 1
}

echo "deps: installing with apt-get:$missing"
as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q

# postgresql-common goes first, so that its switch is off before the server package would make a cluster.
case " $missing " in
*' postgresql '*)
	if ! has_server; then
		conf=/etc/postgresql-common/createcluster.conf
		apt_install postgresql-common
		echo "deps: setting create_main_cluster = false in $conf, so that no database cluster is made here"
		as_root sh -c "sed -i '/^[[:space:]#]*create_main_cluster/d' $conf; echo 'create_main_cluster = false' >>$conf"
	fi
	;;
esac

# Split on purpose: a list of names.
# shellcheck disable=SC2086
apt_install $missing
