#!/usr/bin/env bash
# image_collect.sh BIN ROOT [LIBRARIES] - the file system of the image in ROOT: the programs in BIN, the shared
# libraries that they need, certificates, time zones. Libraries in LIBRARIES go before the system's.
set -euo pipefail
bin=$1 root=$2 first=${3:-}
programs=(vonk vonk-executor vonk-operator)
built=()

rm -rf "$root"
mkdir -p "$root"/{etc/ssl/certs,usr/bin,usr/lib,usr/share/zoneinfo,scratch,tmp,vonk}
# As on Debian: programs and libraries are below /usr.
ln -s usr/lib "$root/lib"
ln -s usr/bin "$root/bin"

for program in "${programs[@]}"; do
    if [ ! -x "$bin/$program" ]; then
        echo "image: $bin/$program is not there: build it first" >&2
        exit 1
    fi
    strip --strip-unneeded -o "$root/usr/bin/$program" "$bin/$program"
    chmod 755 "$root/usr/bin/$program"
    built+=("$bin/$program")
done

# All libraries, and the loader, under the paths by which they are found without an ld.so.cache.
closure()
{
    LD_LIBRARY_PATH=$first ldd "${built[@]}" | awk '
        /not found/ {print "image: " $0 >"/dev/stderr"; bad = 1}
        $2 == "=>" && $3 ~ /^\// {print $3}
        $1 ~ /^\/.*ld-/ {print $1}
        END {exit bad}' | sort -u
}
libraries=$(closure)
system=$(dirname "$(grep '/libc\.so' <<<"$libraries")") # /lib/x86_64-linux-gnu
for library in $libraries; do
    case $library in
    "${first:-//}"/*) to=/usr${system#/usr}/${library##*/} ;;
    /lib64/* | /lib/ld-*) to=/usr$library ;;
    /lib/*) to=/usr$library ;;
    *) to=$library ;;
    esac
    mkdir -p "$root${to%/*}"
    strip --strip-unneeded -o "$root$to" "$(readlink -f "$library")"
    chmod 755 "$root$to"
done
[ ! -d "$root/usr/lib64" ] || ln -s usr/lib64 "$root/lib64"

cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
# Time zones: the compiled files, each content once. Not posix/ and right/, which repeat them, nor tables.
(cd /usr/share/zoneinfo && find . \( -path ./posix -o -path ./right \) -prune -o \( -type f -o -type l \) -print) |
    sed 's/^\.\///' | sort | while read -r zone; do
    file=$(readlink -f "/usr/share/zoneinfo/$zone")
    [ "$(head -c 4 "$file")" = TZif ] && [ "$zone" != localtime ] && [ "$zone" != posixrules ] || continue
    sum=$(sha256sum "$file" | cut -c 1-64)
    to=$root/usr/share/zoneinfo/$zone
    mkdir -p "${to%/*}"
    same=$root/.zones/$sum
    mkdir -p "$root/.zones"
    if [ -e "$same" ]; then
        ln "$same" "$to"
    else
        cp "$file" "$to"
        ln "$to" "$same"
    fi
done
rm -rf "$root/.zones"

echo 'vonk:x:65532:65532:vonk:/scratch:/sbin/nologin' >"$root/etc/passwd"
echo 'vonk:x:65532:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
chmod 1777 "$root/tmp"
chown 65532:65532 "$root/scratch" 2>/dev/null || chmod 1777 "$root/scratch"
find "$root" -type d ! -perm -555 -exec chmod 755 {} +
