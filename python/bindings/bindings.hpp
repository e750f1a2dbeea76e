#pragma once

// What every binding unit shares: array views without copies, the Python monitor, and one translation of Report.

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <complex>

#include "pauca/core/errors.hpp"
#include "pauca/core/monitor.hpp"
#include "pauca/core/result.hpp"
#include "pauca/core/types.hpp"

namespace pauca::python {

namespace py = pybind11;

// Numbers that lie across their addresses, as in a byte stream, are copied: reading them in place is undefined.
constexpr int aligned = py::detail::npy_api::NPY_ARRAY_ALIGNED_;

/// F-ordered or contiguous array of exactly this type; bind with py::arg().noconvert() so that nothing else is copied.
template <class T>
using FArray = py::array_t<T, py::array::f_style | aligned>;
template <class T>
using CArray = py::array_t<T, py::array::c_style | aligned>;
/// With any strides.
template <class T>
using Strided = py::array_t<T, aligned>;

template <class T>
Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>> matrix_view(const FArray<T>& a) {
  require(a.ndim() == 1 || a.ndim() == 2, "array: expected one or two dimensions");
  return {a.data(), a.shape(0), a.ndim() > 1 ? a.shape(1) : 1};
}
template <class T>
Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, 1>> vector_view(const CArray<T>& a) {
  return {a.data(), a.size()};
}

/// A numpy array that owns a copy of a (small) Eigen result.
template <class Derived>
py::array to_numpy(const Eigen::PlainObjectBase<Derived>& m) {
  using T = typename Derived::Scalar;
  if constexpr (Derived::ColsAtCompileTime == 1) {
    return py::array_t<T>(m.size(), m.data());
  } else if constexpr (Derived::IsRowMajor) {
    return CArray<T>({m.rows(), m.cols()}, m.data());
  } else {
    return FArray<T>({m.rows(), m.cols()}, m.data());
  }
}

/// Polls Python's signals and an optional callback(iteration, objective, criterion, threshold) -> truthy to stop.
class PyMonitor : public Monitor {
 public:
  explicit PyMonitor(py::object callback) : callback_(std::move(callback)) { set_eager(!callback_.is_none()); }

  /// Call with the GIL held after the solve: a pending KeyboardInterrupt or callback error is raised here.
  void rethrow() {
    if (error_) {
      auto error = error_;
      error_ = nullptr;
      std::rethrow_exception(error);
    }
  }

 protected:
  bool poll(const Progress& p) override {
    py::gil_scoped_acquire gil;
    try {
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      if (!callback_.is_none()) {
        return !py::cast<bool>(callback_(p.iteration, p.objective, p.criterion, p.threshold));
      }
    } catch (...) {
      error_ = std::current_exception();
      return false;
    }
    return true;
  }

 private:
  py::object callback_;
  std::exception_ptr error_ = nullptr;
};

/// Runs solve(monitor) without the GIL and lets interrupts through as Python exceptions.
template <class Solve>
auto run_released(py::object callback, Solve&& solve) {
  PyMonitor monitor(std::move(callback));
  auto result = [&] {
    py::gil_scoped_release nogil;
    return solve(static_cast<Monitor&>(monitor));
  }();
  monitor.rethrow();
  return result;
}

inline py::dict to_dict(const Report& r) {
  py::dict d;
  d["status"] = to_string(r.status);
  d["n_iter"] = r.n_iter;
  d["objective"] = r.objective;
  d["criterion"] = r.criterion;
  d["threshold"] = r.threshold;
  d["dual_gap"] = r.dual_gap;
  d["kkt_violation"] = r.kkt_violation;
  d["seconds"] = r.seconds;
  d["engine"] = r.engine;
  d["objective_path"] = py::array_t<double>(static_cast<py::ssize_t>(r.objective_path.size()), r.objective_path.data());
  return d;
}

inline Settings to_settings(double tol, Index max_iter, double max_time) {
  Settings s;
  s.tol = tol;
  s.max_iter = max_iter;
  s.max_time = max_time;
  return s;
}

}  // namespace pauca::python
