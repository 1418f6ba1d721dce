# All presets but dev compile several files as one (CMAKE_UNITY_BUILD), which takes a quarter of the
# time: most of it goes into headers and templates that the files share. So names in anonymous
# namespaces must differ within a room and within a test program; where files are alike on purpose
# (one for each vendor), ONE_BY_ONE turns it off, and the largest headers are compiled once instead.
# The dev preset does neither, and so finds the includes that a file forgot.
function(vcache_one_by_one target)
  if(CMAKE_UNITY_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
    target_precompile_headers(${target} PRIVATE
      <algorithm> <chrono> <functional> <map> <memory> <optional> <string> <string_view> <thread>
      <vector> <nlohmann/json.hpp> ${ARGN})
  endif()
endfunction()

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
    vcache_one_by_one(vcache_${name})
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
  target_link_libraries(${name} PRIVATE vcache_options vcache_test_options doctest::doctest Threads::Threads ${arg_LIBRARIES})
  if(arg_ONE_BY_ONE)
    vcache_one_by_one(${name} <doctest/doctest.h>)
    # More false alarms of GCC 12 on strings that are put together, here with precompiled doctest.
    target_compile_options(${name} PRIVATE -Wno-array-bounds -Wno-stringop-overread)
  endif()
  # It defines what the others only declare.
  set_source_files_properties(${PROJECT_SOURCE_DIR}/tests/support/doctest_main.cpp
    PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()
