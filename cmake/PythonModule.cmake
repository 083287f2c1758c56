# rushlight/_C, the one target that includes Python.
set(PYBIND11_FINDPYTHON ON)
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)
find_package(pybind11 3.0 CONFIG REQUIRED)

# NO_EXTRAS: no link-time optimisation, which would merge what was compiled apart for each instruction set
pybind11_add_module(_C MODULE NO_EXTRAS ${python_sources})
target_link_libraries(_C PRIVATE rushlight_flags rushlight_warnings ${rushlight_objects})
target_compile_definitions(_C PRIVATE RL_VERSION="${PROJECT_VERSION}")
install(TARGETS _C LIBRARY DESTINATION rushlight)
