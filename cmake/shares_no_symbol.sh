#!/bin/sh
# shares_no_symbol.sh SET OBJECT...: fails if an object offers the linker a weak or unique symbol outside rl::cpu::SET.
# A linker keeps one copy of such a symbol, from whichever set comes first: an old machine could meet AVX-512 code.
set -u
isa=$1
shift
shared=$(nm -C --defined-only "$@" | awk '$2 ~ /^[WVu]$/' | grep -v -e "rl::cpu::$isa::" -e ' DW\.ref\.')
[ -z "$shared" ] && exit 0
echo "symbols of cpu/ compiled for $isa that another set's could replace:"
echo "$shared"
exit 1
