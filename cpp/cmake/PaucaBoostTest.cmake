# Boost.Test, header only: the PyPI package boost-headers first, the system's Boost otherwise.
find_path(PAUCA_BOOST_INCLUDE boost/test/included/unit_test.hpp
  PATH_SUFFIXES boost_headers/include include
  DOC "Directory that holds boost/test")
if(NOT PAUCA_BOOST_INCLUDE)
  message(FATAL_ERROR
    "Boost.Test was not found. Install it (pip install boost-headers, or your system's Boost headers) "
    "and point CMAKE_PREFIX_PATH at it.")
endif()
message(STATUS "Boost.Test from ${PAUCA_BOOST_INCLUDE}")
add_library(pauca_boost_test INTERFACE)
target_include_directories(pauca_boost_test SYSTEM INTERFACE ${PAUCA_BOOST_INCLUDE})
