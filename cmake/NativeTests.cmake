# rushlight_tests: every file of tests/native, one program.
find_package(GTest)
if(NOT GTest_FOUND)
  message(FATAL_ERROR "RUSHLIGHT_NATIVE_TESTS needs GoogleTest: apt-get install libgtest-dev")
endif()
file(GLOB test_sources CONFIGURE_DEPENDS tests/native/*.cpp)
add_executable(rushlight_tests ${test_sources})
target_link_libraries(rushlight_tests PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,rushlight>" rushlight_warnings GTest::gtest_main)
enable_testing()
add_test(NAME rushlight_tests COMMAND rushlight_tests)

# The same tests on every set that this machine runs; without RUSHLIGHT_ISA the best one is used.
foreach(isa IN LISTS RUSHLIGHT_ISAS)
  add_test(NAME rushlight_tests_on_${isa} COMMAND rushlight_tests --gtest_brief=1)
  set_tests_properties(rushlight_tests_on_${isa} PROPERTIES
                       ENVIRONMENT RUSHLIGHT_ISA=${isa} SKIP_REGULAR_EXPRESSION "does not run on this machine")
endforeach()

# What is compiled once per instruction set may share no symbol with the other sets, or one of them would run another's code.
if(NOT RUSHLIGHT_SANITIZE)
  foreach(isa IN LISTS RUSHLIGHT_ISAS)
    add_test(NAME cpu_${isa}_shares_no_symbol COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/shares_no_symbol.sh ${isa}
             $<TARGET_OBJECTS:rushlight_cpu_${isa}> COMMAND_EXPAND_LISTS)
  endforeach()
endif()
