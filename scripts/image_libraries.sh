#!/usr/bin/env bash
# image_libraries.sh PREFIX - for the image: libcurl and libmicrohttpd as Debian has them, with its security fixes,
# but with HTTP and HTTPS, and with HTTP, only. Debian's bring LDAP, Kerberos, SSH, RTMP and GnuTLS: 14 MB.
# What is to run with them is linked with -LPREFIX/lib. Debian or Ubuntu, as root.
set -euo pipefail
prefix=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
CC=$(command -v gcc-12 || command -v gcc)
export CC CFLAGS="-O2 -fstack-protector-strong -D_FORTIFY_SOURCE=2" LDFLAGS="-Wl,-z,relro,-z,now"

# Lists of source packages, apart from the system's own.
if [ -e /etc/apt/sources.list.d/debian.sources ]; then
    list=$work/list.sources
    sed 's/^Types:.*/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >"$list"
else
    list=$work/list.list
    sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >"$list"
fi
mkdir -p lists/partial
apt=(apt-get -qq -o Dir::Etc::sourcelist="$list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists"
    -o APT::Sandbox::User=root)
"${apt[@]}" update

# build PACKAGE FOLDER OPTION...: configures the source package, builds and installs its FOLDER.
build()
{
    local package=$1 folder=$2 log=$work/$1.log
    shift 2
    "${apt[@]}" source "$package" >/dev/null
    (
        cd "$package"-*/
        ./configure --quiet --prefix="$prefix" --disable-static "$@"
        make -j"$(nproc)" -C "$folder"
        make -C "$folder" install
    ) >"$log" 2>&1 || {
        tail -n 40 "$log" >&2
        exit 1
    }
}

build curl lib --disable-manual --disable-ldap --disable-ftp --disable-file \
    --disable-dict --disable-telnet --disable-tftp --disable-pop3 --disable-imap --disable-smb --disable-smtp \
    --disable-gopher --disable-mqtt --disable-rtsp --disable-ntlm --disable-tls-srp --disable-alt-svc \
    --disable-hsts --with-openssl --with-nghttp2 --with-zlib --without-libpsl --without-libssh2 \
    --without-librtmp --without-libidn2 --without-brotli --without-zstd --without-gssapi \
    --with-ca-bundle=/etc/ssl/certs/ca-certificates.crt
build libmicrohttpd src/microhttpd --disable-https --disable-doc --disable-examples --disable-curl --disable-postprocessor
ls -l "$prefix/lib/"
