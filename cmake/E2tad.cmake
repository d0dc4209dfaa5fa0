# Compiler settings shared by every target, and the two functions that modules and tests are declared with.

macro(e2tad_global_settings)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
  endif()
  set(CMAKE_CXX_STANDARD 20)
  set(CMAKE_CXX_STANDARD_REQUIRED ON)
  set(CMAKE_CXX_EXTENSIONS OFF)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  set(CMAKE_CXX_VISIBILITY_PRESET hidden)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  # One answer on every machine: without this, a fused multiply-add on one CPU and none on another
  # moves the last bit of sums that decide ties. Kernels that want FMA call std::fma.
  add_compile_options(-ffp-contract=off)
  add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
  if(E2TAD_WERROR)
    add_compile_options(-Werror)
  endif()
  if(E2TAD_SANITIZE)
    add_compile_options(-fsanitize=${E2TAD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${E2TAD_SANITIZE})
    add_compile_definitions(E2TAD_SANITIZED=1)
  endif()
  if(E2TAD_FUZZ)
    # The modules tell the fuzzer which branches an input reached.
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
endmacro()

# LibTorch as the target `torch`. Natively it is the one of the Python that the extension is for, so that both have
# one copy of it; a cross build names its own by Torch_DIR.
macro(e2tad_find_torch)
  if(NOT Torch_DIR AND NOT CMAKE_CROSSCOMPILING)
    find_package(Python 3.11 REQUIRED COMPONENTS Interpreter)
    # What torch.utils.cmake_prefix_path says, without the seconds of importing torch.
    execute_process(
      COMMAND ${Python_EXECUTABLE} -c
        "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
      OUTPUT_VARIABLE E2TAD_TORCH_FOLDER OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    set(Torch_DIR "${E2TAD_TORCH_FOLDER}/share/cmake/Torch")
  endif()
  if(NOT EXISTS "${Torch_DIR}/TorchConfig.cmake")
    message(FATAL_ERROR
      "LibTorch is missing: `${Python_EXECUTABLE} -m pip install torch==2.13.0`, or -DTorch_DIR=FOLDER of its "
      "TorchConfig.cmake, or -DE2TAD_TORCH=OFF to build without networks")
  endif()
  # Its targets are seen wherever nn_torch is linked, not only in this folder.
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
  set(CMAKE_MESSAGE_LOG_LEVEL ERROR)  # It warns of a static library that no shared build has.
  find_package(Torch REQUIRED CONFIG)
  unset(CMAKE_MESSAGE_LOG_LEVEL)
endmacro()

# e2tad_add_module(<name> [DEPENDS <module>...] [LINK <library>...])
# One static library from every .cpp in this folder; headers are included as "e2tad/<name>/x.hpp".
function(e2tad_add_module name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(e2tad_${name} STATIC ${sources})
  target_include_directories(e2tad_${name} PUBLIC ${PROJECT_SOURCE_DIR}/cpp)
  foreach(module IN LISTS ARG_DEPENDS)
    target_link_libraries(e2tad_${name} PUBLIC e2tad_${module})
  endforeach()
  target_link_libraries(e2tad_${name} PUBLIC ${ARG_LINK})
endfunction()
