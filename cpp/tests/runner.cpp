// The one unit that compiles Boost.Test and holds main().
#define BOOST_TEST_MODULE pauca
#include <boost/test/included/unit_test.hpp>
#include <boost/test/tree/traverse.hpp>
#include <boost/test/tree/visitor.hpp>
#include <stdexcept>

namespace {

namespace ut = boost::unit_test;

/// ctest runs suite by suite: a case outside of them would never run.
struct EverythingInSuites : ut::test_tree_visitor {
  EverythingInSuites() { ut::traverse_test_tree(ut::framework::master_test_suite(), *this, true); }
  void visit(const ut::test_case& unit) override {
    if (unit.p_parent_id == ut::framework::master_test_suite().p_id)
      throw std::logic_error(unit.p_name.get() + " stands outside the suite of its file: it would never run");
  }
};

}  // namespace

BOOST_TEST_GLOBAL_CONFIGURATION(EverythingInSuites);
