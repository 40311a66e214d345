# keep.sh - what the first process of a namespace does: starts programs and keeps them. Sourced.
# shellcheck shell=bash

# keep NAME COMMAND...: runs COMMAND, again if it ends; its pid in $LOGS/NAME.pid, output in NAME.log.
keep()
{
    local name=$1
    shift
    while :; do
        "$@" >>"$LOGS/$name.log" 2>&1 &
        echo $! >"$LOGS/$name.pid"
        wait $!
        sleep 0.5
    done &
}

# Does not return: the namespace lives as long as this process.
stay()
{
    while :; do
        wait
        sleep 1
    done
}
