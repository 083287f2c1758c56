# rushlight/_C, the one target that includes Python.
set(PYBIND11_FINDPYTHON ON)
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)
find_package(pybind11 3.0 CONFIG REQUIRED)

# NO_EXTRAS: no link-time optimisation, which would merge what was compiled apart for each instruction set
pybind11_add_module(_C MODULE NO_EXTRAS ${python_sources})
target_link_libraries(_C PRIVATE rushlight_flags rushlight_warnings ${rushlight_objects})
target_compile_definitions(_C PRIVATE RL_VERSION="${PROJECT_VERSION}")
install(TARGETS _C LIBRARY DESTINATION rushlight)

# The type stubs are written by the package itself. A sanitized extension needs its run-time preloaded: it gets none.
if(NOT RUSHLIGHT_SANITIZE)
  set(stubs ${CMAKE_CURRENT_BINARY_DIR}/stubs)
  file(GLOB_RECURSE package_files CONFIGURE_DEPENDS python/rushlight/*.py)
  add_custom_command(
    OUTPUT ${stubs}/rushlight/__init__.pyi
    COMMAND ${CMAKE_COMMAND} -E env PYTHONPATH=${CMAKE_CURRENT_SOURCE_DIR}/python ${Python_EXECUTABLE}
            ${CMAKE_CURRENT_SOURCE_DIR}/cmake/write_stubs.py $<TARGET_FILE:_C> ${stubs}
    DEPENDS _C cmake/write_stubs.py ${package_files})
  add_custom_target(rushlight_stubs ALL DEPENDS ${stubs}/rushlight/__init__.pyi)
  install(DIRECTORY ${stubs}/rushlight DESTINATION . FILES_MATCHING PATTERN "*.pyi")
endif()
