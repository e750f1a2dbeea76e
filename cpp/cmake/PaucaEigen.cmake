# Eigen's headers: the PyPI build requirement cmeel-eigen first, any installed Eigen otherwise.
# PATH_SUFFIXES is tried below every prefix, site-packages of the build environment included.
find_package(Eigen3 3.4 CONFIG QUIET PATH_SUFFIXES cmeel.prefix/share/eigen3/cmake)
if(NOT Eigen3_FOUND)
  find_package(Eigen3 5 CONFIG QUIET)
endif()
if(NOT Eigen3_FOUND)
  message(FATAL_ERROR
    "Eigen >= 3.4 was not found. Install it (pip install cmeel-eigen, or your system's Eigen package) "
    "and point CMAKE_PREFIX_PATH at it.")
endif()
message(STATUS "Eigen ${Eigen3_VERSION} from ${Eigen3_DIR}")
