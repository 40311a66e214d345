# tests/<layer>/test_<name>.c is a Criterion program that may use everything in lib/.
find_library(CRITERION criterion)
if(NOT CRITERION)
  message(STATUS "no Criterion: the unit tests are left out")
  return()
endif()
# Criterion talks to its children by libnanomsg, whose names libnng has too: it must find its own first,
# or a test of nng's that leaves nng in a bad state would take Criterion with it.
find_library(NANOMSG NAMES nanomsg libnanomsg.so.5 libnanomsg.so.6 REQUIRED)
file(GLOB test_sources CONFIGURE_DEPENDS tests/*/test_*.c)
foreach(source ${test_sources})
  get_filename_component(name ${source} NAME_WE)
  get_filename_component(layer ${source} DIRECTORY)
  get_filename_component(layer ${layer} NAME)
  add_executable(${name} ${source})
  target_include_directories(${name} PRIVATE tests)
  target_link_libraries(${name} -Wl,--push-state,--no-as-needed ${NANOMSG} -Wl,--pop-state
                        vonk_all ${CRITERION} m)
  add_test(NAME ${layer}/${name} COMMAND ${name} --short-filename)
  set_tests_properties(${layer}/${name} PROPERTIES TIMEOUT 300 LABELS unit
                       FAIL_REGULAR_EXPRESSION "LeakSanitizer|runtime error:")
endforeach()

# tests/tsan/<name>.c is a race test with a plain main(): Criterion does not live under TSan.
file(GLOB race_sources CONFIGURE_DEPENDS tests/tsan/*.c)
add_custom_target(tsan_tests)
foreach(source ${race_sources})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_include_directories(${name} PRIVATE tests)
  target_link_libraries(${name} vonk_all m)
  add_test(NAME tsan/${name} COMMAND ${name})
  set_tests_properties(tsan/${name} PROPERTIES TIMEOUT 300 LABELS tsan)
  add_dependencies(tsan_tests ${name})
endforeach()

# tests/alloc: allocations that our code makes go by way of the test, which lets them fail.
add_executable(fail_in_turn tests/alloc/fail_in_turn.c tests/alloc/allocations.c tests/alloc/messages.c)
target_include_directories(fail_in_turn PRIVATE tests)
target_link_libraries(fail_in_turn vonk_all m)
foreach(function malloc calloc realloc aligned_alloc strdup strndup vonk_arena_alloc vonk_arena_small
                 vonk_arena_array)
  target_link_options(fail_in_turn PRIVATE -Wl,--wrap=${function})
endforeach()
add_test(NAME alloc/fail_in_turn COMMAND fail_in_turn)
set_tests_properties(alloc/fail_in_turn PROPERTIES TIMEOUT 600 LABELS alloc
                     FAIL_REGULAR_EXPRESSION "LeakSanitizer|runtime error:")

# Tests that start executor processes.
foreach(target test_nng_cluster tsan_tests)
  if(TARGET vonk-executor AND TARGET ${target})
    add_dependencies(${target} vonk-executor)
  endif()
endforeach()
