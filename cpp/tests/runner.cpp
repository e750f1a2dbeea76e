// The one unit that compiles Boost.Test and holds main().
#define BOOST_TEST_MODULE pauca
#include <boost/test/included/unit_test.hpp>
