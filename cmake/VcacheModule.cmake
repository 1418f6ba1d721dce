# All presets but dev compile several files as one (CMAKE_UNITY_BUILD), which takes a quarter of the
# time: most of it goes into headers and templates that the files share. So names in anonymous
# namespaces must differ within a room and within a test program; files that are alike on purpose
# (one for each vendor) have a named namespace each. scripts/check-names looks. The dev preset
# compiles each file alone, and so finds the includes that a file forgot.

# vcache_module(<room> SOURCES ... [PUBLIC ...] [PRIVATE ...])
# One static library of src/<room>, known to the others as vcache::<room>.
function(vcache_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(vcache_${name} STATIC ${arg_SOURCES})
  add_library(vcache::${name} ALIAS vcache_${name})
  target_include_directories(vcache_${name}
    PUBLIC ${PROJECT_SOURCE_DIR}/include
    PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(vcache_${name}
    PUBLIC ${arg_PUBLIC}
    PRIVATE vcache_options ${arg_PRIVATE})
endfunction()

# vcache_test(<name> LABEL unit|integration|e2e SOURCES ... [LIBRARIES ...] [TIMEOUT seconds])
# One doctest program, run by ctest. Every test has a time limit.
function(vcache_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES} $<TARGET_OBJECTS:vcache_doctest_main>)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE vcache_options vcache_test_options doctest::doctest Threads::Threads ${arg_LIBRARIES})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()
