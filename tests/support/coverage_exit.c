/*
 * coverage_exit.c - of the build that counts which lines run: programs that leave by _exit() write
 * their counts before. The linker puts these functions in the place of the others (CMakeLists.txt).
 */
#include <gcov.h>

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
_Noreturn void __wrap_vonk_process_exit(int status);

_Noreturn void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}

/* Counting needs the heap, which this one gives back first. */
_Noreturn void __wrap_vonk_process_exit(int status)
{
    __wrap__exit(status);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
