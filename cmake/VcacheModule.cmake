# The sanitizer presets compile several files as one (CMAKE_UNITY_BUILD), which takes a quarter of
# the time: most of what a sanitizer instruments is templates that the files share. So names in
# anonymous namespaces must differ within a room and within a test program; where files are alike on
# purpose (one for each vendor), ONE_BY_ONE turns it off.

# vcache_module(<room> [ONE_BY_ONE] SOURCES ... [PUBLIC ...] [PRIVATE ...])
# One static library of src/<room>, known to the others as vcache::<room>.
function(vcache_module name)
  cmake_parse_arguments(arg "ONE_BY_ONE" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(vcache_${name} STATIC ${arg_SOURCES})
  add_library(vcache::${name} ALIAS vcache_${name})
  target_include_directories(vcache_${name}
    PUBLIC ${PROJECT_SOURCE_DIR}/include
    PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(vcache_${name}
    PUBLIC ${arg_PUBLIC}
    PRIVATE vcache_options ${arg_PRIVATE})
  if(arg_ONE_BY_ONE)
    set_target_properties(vcache_${name} PROPERTIES UNITY_BUILD OFF)
  endif()
endfunction()

# vcache_test(<name> [ONE_BY_ONE] LABEL unit|integration|e2e SOURCES ... [LIBRARIES ...] [TIMEOUT seconds])
# One doctest program, run by ctest. Every test has a time limit.
function(vcache_test name)
  cmake_parse_arguments(arg "ONE_BY_ONE" "LABEL;TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES} ${PROJECT_SOURCE_DIR}/tests/support/doctest_main.cpp)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE vcache_options doctest::doctest Threads::Threads ${arg_LIBRARIES})
  if(arg_ONE_BY_ONE)
    set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  endif()
  # It defines what the others only declare.
  set_source_files_properties(${PROJECT_SOURCE_DIR}/tests/support/doctest_main.cpp
    PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()
