#!/usr/bin/env bash
# image_curl.sh PREFIX - for the image: Debian's libcurl, with its security fixes, but HTTP and HTTPS only.
# The library has the same name and interface as the distribution's and takes its place. Debian or Ubuntu, root.
set -euo pipefail
prefix=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# The lists of packages, with sources, apart from the system's own.
if [ -e /etc/apt/sources.list.d/debian.sources ]; then
    sed 's/^Types:.*/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >sources.sources
    list=$work/sources.sources
else
    sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >sources.list
    list=$work/sources.list
fi
mkdir -p lists/partial
apt=(apt-get -qq -o Dir::Etc::sourcelist="$list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists"
    -o APT::Sandbox::User=root)
"${apt[@]}" update
"${apt[@]}" source curl >/dev/null
cd curl-*/

CC=$(command -v gcc-12 || command -v gcc)
export CC
./configure --quiet --prefix="$prefix" --disable-static --disable-manual --disable-ldap --disable-ftp \
    --disable-file --disable-dict --disable-telnet --disable-tftp --disable-pop3 --disable-imap --disable-smb \
    --disable-smtp --disable-gopher --disable-mqtt --disable-rtsp --disable-ntlm --disable-tls-srp \
    --disable-alt-svc --disable-hsts --with-openssl --with-nghttp2 --with-zlib \
    --without-libpsl --without-libssh2 --without-librtmp --without-libidn2 --without-brotli --without-zstd \
    --without-gssapi --with-ca-bundle=/etc/ssl/certs/ca-certificates.crt \
    CFLAGS="-O2 -fstack-protector-strong -D_FORTIFY_SOURCE=2" LDFLAGS="-Wl,-z,relro,-z,now" >"$work/log" 2>&1 ||
    { tail -n 40 "$work/log" >&2; exit 1; }
make -j"$(nproc)" -C lib >>"$work/log" 2>&1 && make -C lib install >>"$work/log" 2>&1 ||
    { tail -n 40 "$work/log" >&2; exit 1; }
ls -l "$prefix/lib/"
