// Kronecker operator and sparse Bayesian learning: numpy arrays to real planes and back.

#include "bindings.hpp"
#include "checks.hpp"
#include "pauca/core/errors.hpp"
#include "pauca/kron/operator.hpp"
#include "pauca/sbl/solver.hpp"

namespace pauca::python {
namespace {

using kron::Planes;
using kron::Tensor;
using Complex = std::complex<double>;

/// The array itself, or a copy that is C-contiguous, aligned and of this type.
template <class T>
py::array_t<T, py::array::c_style | py::array::forcecast | aligned> as_contiguous(const py::array& a) {
  auto out = py::array_t<T, py::array::c_style | py::array::forcecast | aligned>::ensure(a);
  require(static_cast<bool>(out), "expected an array of numbers");
  return out;
}

kron::Planes to_planes(const py::array& a) {
  require(a.ndim() == 2, "factors: expected two-dimensional arrays");
  Planes p;
  if (a.dtype().kind() == 'c') {
    const auto c = as_contiguous<Complex>(a);
    const Eigen::Map<const Eigen::Matrix<Complex, -1, -1, Eigen::RowMajor>> m(c.data(), c.shape(0), c.shape(1));
    p.re = m.real(), p.im = m.imag();
  } else {
    const auto c = as_contiguous<double>(a);
    p.re = Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(c.data(), c.shape(0), c.shape(1));
  }
  return p;
}

std::vector<Planes> to_factors(const std::vector<py::array>& arrays) {
  std::vector<Planes> factors;
  for (const py::array& a : arrays) factors.push_back(to_planes(a));
  return factors;
}

/// C-contiguous, float64 or complex128.
py::array contiguous(const py::array& a) {
  if (a.dtype().kind() == 'c') return as_contiguous<Complex>(a);
  return as_contiguous<double>(a);
}

/// `from`, `count`: a run of the entries of a contiguous array.
Tensor to_tensor(const py::array& a, Index from, Index count) {
  Tensor t;
  const bool cx = a.dtype().kind() == 'c';
  t.resize(count, cx);
  if (cx) {
    const auto* p = static_cast<const Complex*>(a.data()) + from;
    for (Index k = 0; k < count; ++k) {
      t.re[static_cast<std::size_t>(k)] = p[k].real();
      t.im[static_cast<std::size_t>(k)] = p[k].imag();
    }
  } else {
    const auto* p = static_cast<const double*>(a.data()) + from;
    std::copy_n(p, count, t.re.begin());
  }
  return t;
}

py::array to_numpy(const Tensor& t) {
  if (!t.is_complex()) return py::array_t<double>(t.size(), t.re.data());
  py::array_t<Complex> out(t.size());
  Complex* p = out.mutable_data();
  for (std::size_t k = 0; k < t.re.size(); ++k) p[k] = {t.re[k], t.im[k]};
  return out;
}

py::array to_numpy(const kron::Buffer& v) { return py::array_t<double>(static_cast<py::ssize_t>(v.size()), v.data()); }

sbl::Options to_options(const py::dict& d, bool watched) {
  sbl::Options o;
  const auto method = d["method"].cast<std::string>();
  if (method == "mm") {
    o.method = sbl::Method::mm;
  } else if (method == "am") {
    o.method = sbl::Method::am;
  } else if (method == "svd") {
    o.method = sbl::Method::svd;
  } else {
    throw std::invalid_argument("method: got '" + method + "', expected 'mm', 'am' or 'svd'");
  }
  const auto noise = d["noise"].cast<std::string>();
  o.noise = noise == "known" ? sbl::NoiseStep::known : noise == "mm" ? sbl::NoiseStep::mm : sbl::NoiseStep::em;
  o.noise_variance = d["noise_variance"].cast<double>();
  o.n_inner = d["n_inner"].cast<Index>();
  o.inner_tol = d["inner_tol"].cast<double>();
  o.prune = d["prune"].cast<std::vector<double>>();
  o.coupling = d["coupling"].cast<std::vector<double>>();
  o.variance = d["variance"].cast<bool>();
  o.abandon_when_stopped = !watched;  // with nobody watching, only a signal stops the solver
  return o;
}

py::dict to_dict(const sbl::Solution& s) {
  py::dict d = python::to_dict(s.report);
  d["mean"] = to_numpy(s.mean);
  d["variance"] = to_numpy(s.variance);
  py::list gamma;
  for (const Vector& g : s.gamma) gamma.append(python::to_numpy(g));
  d["gamma"] = gamma;
  d["noise_variance"] = s.noise_variance;
  d["active_path"] = py::array_t<Index>(static_cast<py::ssize_t>(s.active_path.size()), s.active_path.data());
  return d;
}

py::array kron_multiply(const std::vector<py::array>& arrays, const py::array& x, bool adjoint) {
  const kron::KroneckerOperator op(to_factors(arrays));
  const Index side = adjoint ? op.rows() : op.cols();
  require(side > 0 && x.size() > 0 && x.size() % side == 0, "x: its size is no multiple of the operator's");
  Tensor t = to_tensor(contiguous(x), 0, x.size());
  run_released(py::none(), [&](Monitor& monitor) {
    monitor.start(std::numeric_limits<double>::infinity());
    Tensor scratch;
    const auto go = [&] { return monitor.keep_going(); };
    return adjoint ? op.apply_adjoint(t, scratch, go) : op.apply(t, scratch, go);
  });
  return to_numpy(t);
}

}  // namespace

void register_kronecker(py::module_& m) {
  m.def("kron_multiply", &kron_multiply, py::arg("factors"), py::arg("x"), py::arg("adjoint"));
  m.def(
      "sbl_solve",
      [](const std::vector<py::array>& factors, const py::array& y, Index n_snapshots, const py::dict& options,
         double tol, Index max_iter, double max_time, py::object callback) {
        const sbl::Options o = to_options(options, !callback.is_none());
        Settings settings = to_settings(tol, max_iter, max_time);
        require(n_snapshots >= 1, "n_snapshots: expected a positive number");
        auto planes = to_factors(factors);
        Tensor t = to_tensor(contiguous(y), 0, y.size());
        return to_dict(run_released(std::move(callback), [&](Monitor& monitor) {
          return sbl::solve(std::move(planes), std::move(t), n_snapshots, o, settings, monitor);
        }));
      },
      py::arg("factors"), py::arg("y"), py::arg("n_snapshots"), py::arg("options"), py::arg("tol"), py::arg("max_iter"),
      py::arg("max_time"), py::arg("callback"));
  m.def(
      "sbl_solve_batch",
      [](const std::vector<py::array>& factors, const py::array& y, Index n_problems, Index n_snapshots,
         const py::dict& options, double tol, Index max_iter, double max_time, int n_threads) {
        const sbl::Options o = to_options(options, false);
        const Settings settings = to_settings(tol, max_iter, max_time);
        auto planes = to_factors(factors);
        require(n_snapshots >= 1, "n_snapshots: expected a positive number");
        require(n_problems >= 1 && y.size() % n_problems == 0, "y: expected as many entries in each problem");
        const Index size = y.size() / n_problems;
        const py::array data = contiguous(y);
        std::vector<Tensor> problems;
        for (Index b = 0; b < n_problems; ++b) problems.push_back(to_tensor(data, b * size, size));
        const auto solutions = run_released(py::none(), [&](Monitor& monitor) {
          return sbl::solve_batch(std::move(planes), problems, n_snapshots, o, settings, n_threads, monitor);
        });
        py::list out;
        for (const auto& s : solutions) out.append(to_dict(s));
        return out;
      },
      py::arg("factors"), py::arg("y"), py::arg("n_problems"), py::arg("n_snapshots"), py::arg("options"),
      py::arg("tol"), py::arg("max_iter"), py::arg("max_time"), py::arg("n_threads"));
}

}  // namespace pauca::python
