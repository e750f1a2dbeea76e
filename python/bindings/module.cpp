// The extension module: one register_* function a family, each in a translation unit of its own.

#include <Eigen/Core>

#include "bindings.hpp"

namespace pauca::python {

void register_kronecker(py::module_& m);
void register_dag(py::module_& m);
void register_block(py::module_& m);
void register_linear(py::module_& m);
void register_losses(py::module_& m);
void register_proximal(py::module_& m);
void register_nmf(py::module_& m);
void register_mixed(py::module_& m);
void register_moments(py::module_& m);
void register_multitask(py::module_& m);
void register_screening(py::module_& m);
void register_rules(py::module_& m);
void register_survival(py::module_& m);

namespace {

py::dict build_info() {
  py::dict d;
  d["version"] = PAUCA_VERSION;
  d["arch"] = PAUCA_ARCH;
#if defined(__clang__)
  d["compiler"] = std::string("clang ") + __clang_version__;
#elif defined(__GNUC__)
  d["compiler"] = std::string("gcc ") + __VERSION__;
#elif defined(_MSC_VER)
  d["compiler"] = std::string("msvc ") + std::to_string(_MSC_VER);
#else
  d["compiler"] = "unknown";
#endif
  d["eigen"] = std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
               std::to_string(EIGEN_MINOR_VERSION);
  d["simd"] = Eigen::SimdInstructionSetsInUse();
  return d;
}

}  // namespace
}  // namespace pauca::python

PYBIND11_MODULE(PAUCA_MODULE, m, pybind11::mod_gil_not_used()) {
  m.doc() = "pauca's C++ core: private; use the Python modules above it";
  // An entry of a dictionary that is no number, or too large for one, is misuse like any other argument's.
  pybind11::register_local_exception_translator([](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const pybind11::cast_error&) {
      PyErr_SetString(PyExc_TypeError, "an option has the wrong type, or is a number out of range");
    }
  });
  m.def("build_info", &pauca::python::build_info);
  pauca::python::register_linear(m);  // first: others take its Design
  pauca::python::register_kronecker(m);
  pauca::python::register_dag(m);
  pauca::python::register_block(m);
  pauca::python::register_losses(m);
  pauca::python::register_proximal(m);
  pauca::python::register_nmf(m);
  pauca::python::register_mixed(m);
  pauca::python::register_moments(m);
  pauca::python::register_multitask(m);
  pauca::python::register_screening(m);
  pauca::python::register_rules(m);
  pauca::python::register_survival(m);
}
