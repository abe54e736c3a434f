#!/bin/sh
# The tests start real servers: install what is missing where we may, say so where we may not.
# command or file that shows it is there : Debian package
set -eu
wanted="
nats-server:nats-server
/usr/sbin/ip:iproute2
/usr/bin/strace:strace
/usr/sbin/mosquitto:mosquitto
swift-proxy-server:swift-proxy
swift-account-server:swift-account
swift-container-server:swift-container
swift-object-server:swift-object
pdftotext:poppler-utils
"
missing=""
for pair in $wanted; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || [ -e "${pair%%:*}" ] || missing="$missing ${pair##*:}"
done
ldconfig -p 2>/dev/null | grep -q libharfbuzz-subset || missing="$missing libharfbuzz-subset0"
ldconfig -p 2>/dev/null | grep -q libpangoft2 || missing="$missing libpango-1.0-0 libpangoft2-1.0-0"
fc-list :lang=zh 2>/dev/null | grep -q . || missing="$missing fontconfig fonts-noto-cjk"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing servers for the tests:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "the tests need:$missing (apt install$missing)" >&2
    exit 2
fi
