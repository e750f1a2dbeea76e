# One set of compile options for everything that is ours.
add_library(pauca_options INTERFACE)
target_compile_features(pauca_options INTERFACE cxx_std_20)
target_compile_definitions(pauca_options INTERFACE EIGEN_MPL2_ONLY EIGEN_DONT_PARALLELIZE)
if(NOT MSVC)
  # GCC suspects uninitialised values inside Eigen wherever it inlines enough.
  target_compile_options(pauca_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wno-maybe-uninitialized>
    $<$<CONFIG:Release>:-O3> -fvisibility=hidden)
else()
  target_compile_options(pauca_options INTERFACE /bigobj)
endif()
if(PAUCA_SANITIZE)
  target_compile_options(pauca_options INTERFACE
    -fsanitize=${PAUCA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1 -O1
    -U_FORTIFY_SOURCE -D_GLIBCXX_ASSERTIONS)
  target_link_options(pauca_options INTERFACE -fsanitize=${PAUCA_SANITIZE})
endif()

# Instruction sets to build: the platform's baseline and, on x86-64, level v3 (AVX2, FMA, BMI2).
# PAUCA_ARCHS may be given to build one of them only.
if(NOT DEFINED PAUCA_ARCHS)
  set(PAUCA_ARCHS base)
  set(PAUCA_PROCESSOR "${CMAKE_SYSTEM_PROCESSOR}")
  if(CMAKE_OSX_ARCHITECTURES)  # macOS builds for one processor on another, or for both: then the baseline alone
    set(PAUCA_PROCESSOR "${CMAKE_OSX_ARCHITECTURES}")
  endif()
  if(PAUCA_MULTIARCH AND PAUCA_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    list(APPEND PAUCA_ARCHS v3)
  endif()
endif()
function(pauca_set_arch target arch)
  if(arch STREQUAL "v3")
    if(MSVC)
      target_compile_options(${target} PRIVATE /arch:AVX2)
    else()
      target_compile_options(${target} PRIVATE -march=x86-64-v3)
    endif()
  endif()
endfunction()
