# The loops of csrc/cuda: the functors of csrc/functors, compiled by nvcc.
file(GLOB cuda_sources CONFIGURE_DEPENDS csrc/cuda/*.cu)
if(NOT cuda_sources)
  message(FATAL_ERROR "RUSHLIGHT_CUDA is ON, but csrc/cuda has no sources yet: they come later. Configure with -DRUSHLIGHT_CUDA=OFF.")
endif()
enable_language(CUDA)
rushlight_room(rushlight_cuda ${cuda_sources})
target_compile_options(rushlight_cuda PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-fmad=false>)
