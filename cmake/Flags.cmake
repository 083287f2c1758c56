# Compiler flags, hung on targets: warnings, what all objects share, and what a kernel of csrc/cpu gets beside that.
add_library(rushlight_warnings INTERFACE)
target_compile_options(rushlight_warnings INTERFACE -Wall -Wextra $<$<BOOL:${RUSHLIGHT_WERROR}>:-Werror>
                                                    -Wno-missing-field-initializers)  # a row names what differs from the defaults
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC bug 105651: "text" + std::string is reported as a copy that overlaps itself, depending on what was inlined
  target_compile_options(rushlight_warnings INTERFACE -Wno-restrict)
endif()

find_package(Threads REQUIRED)
add_library(rushlight_flags INTERFACE)
target_compile_features(rushlight_flags INTERFACE cxx_std_20)
target_include_directories(rushlight_flags INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/csrc)
target_link_libraries(rushlight_flags INTERFACE Threads::Threads ${CMAKE_DL_LIBS})
# -ffp-contract=off: contracted by luck, a*b+c would change its bits with the code around it (DESIGN, section 4)
target_compile_options(rushlight_flags INTERFACE -fvisibility=hidden -fvisibility-inlines-hidden
                                                 -fno-semantic-interposition -ffp-contract=off)

if(RUSHLIGHT_SANITIZE)
  # -O1 for every object, kernels too: -O3 compiles for minutes here and checks no more
  target_compile_options(rushlight_flags INTERFACE -fsanitize=${RUSHLIGHT_SANITIZE} -fno-sanitize-recover=all
                                                   -fno-omit-frame-pointer -g -O1)
  target_link_options(rushlight_flags INTERFACE -fsanitize=${RUSHLIGHT_SANITIZE})
endif()

# What weighs too much at -O3: loops are vectorised all the same, but not split, peeled and unswitched into many copies.
set(rushlight_small -O2 -ftree-vectorize -fvect-cost-model=dynamic)
if(NOT RUSHLIGHT_SANITIZE)
  # the 60 joins of scatter_reduce write where an index says, the 60 rules of optim wait for memory: nothing to split
  set_source_files_properties(csrc/cpu/scatter.cpp csrc/cpu/optim.cpp PROPERTIES COMPILE_OPTIONS "${rushlight_small}")
  # loops over the 32 lanes of a sum, over a tile, a digit: to be unrolled on every set
  set_source_files_properties(csrc/cpu/reduce.cpp csrc/cpu/softmax.cpp csrc/cpu/product.cpp csrc/cpu/sort.cpp
                              PROPERTIES COMPILE_OPTIONS -fpeel-loops)
endif()

# Flags of the objects compiled once per instruction set.
function(rushlight_kernel_flags target isa)
  target_compile_definitions(${target} PRIVATE RL_ISA=${isa})
  target_compile_options(${target} PRIVATE -fno-math-errno -fno-trapping-math)
  if(NOT RUSHLIGHT_SANITIZE)
    if(isa STREQUAL "v2")  # what only processors older than 2013 run: half the bytes for a few percent of their speed
      target_compile_options(${target} PRIVATE ${rushlight_small})
    else()
      target_compile_options(${target} PRIVATE -O3)
    endif()
  endif()
  if(isa MATCHES "^v[234]$")
    target_compile_options(${target} PRIVATE -march=x86-64-${isa})
  elseif(NOT isa STREQUAL "baseline")
    message(FATAL_ERROR "RUSHLIGHT_ISAS: no instruction set `${isa}`; expected v2, v3, v4 or baseline")
  endif()
endfunction()
