// The clustered mixed model: likelihood, variance step, whitening.

#include "bindings.hpp"
#include "checks.hpp"
#include "pauca/mixed/variance_step.hpp"

namespace pauca::python {
namespace {

using namespace pauca::mixed;

Variance to_variance(const ClusterLikelihood& c, double log_s2, const FArray<double>& factor, double degrees) {
  expect_shape("factor", factor, c.effects(), c.effects());
  return {log_s2, matrix_view(factor), degrees};
}

ClusterLikelihood make_likelihood(const FArray<double>& z, const CArray<Index>& start) {
  return ClusterLikelihood(matrix_view(z), std::vector<Index>(start.data(), start.data() + start.size()));
}

py::tuple value(const ClusterLikelihood& c, const CArray<double>& residual, double log_s2, const FArray<double>& factor,
                double degrees) {
  const Residuals r = c.summarize(vector_view(residual));
  const Variance v = to_variance(c, log_s2, factor, degrees);
  Vector quadratic;
  double d_log_s2 = 0.0;
  Matrix d_covariance;
  const double f = c.value(v, r, &quadratic, &d_log_s2, &d_covariance);
  Vector weight(c.clusters());
  for (Index i = 0; i < c.clusters(); ++i) weight[i] = c.weight(i, v, quadratic[i]);
  return py::make_tuple(f, to_numpy(quadratic), to_numpy(weight), d_log_s2, to_numpy(d_covariance));
}

py::tuple step(const ClusterLikelihood& c, const CArray<double>& residual, double log_s2, const FArray<double>& factor,
               double degrees, bool fit_scale, bool fit_degrees, double max_degrees) {
  VarianceOptions o;
  o.fit_scale = fit_scale;
  o.fit_degrees = fit_degrees;
  o.max_degrees = max_degrees;
  const Variance v = run_released(py::none(), [&](Monitor& monitor) {
    monitor.start(std::numeric_limits<double>::infinity());
    const Residuals r = c.summarize(vector_view(residual));
    return variance_step(c, r, to_variance(c, log_s2, factor, degrees), o, monitor);
  });
  return py::make_tuple(v.log_s2, to_numpy(v.factor), v.degrees);
}

py::array whiten(const ClusterLikelihood& c, const FArray<double>& x, const FArray<double>& factor,
                 const CArray<double>& scale) {
  expect_shape("factor", factor, c.effects(), c.effects());
  expect_size("scale", scale, c.clusters());
  require(x.ndim() > 0, "x: expected a matrix");
  expect("x", x.shape(0), c.rows());
  Matrix out = matrix_view(x);
  const Matrix l = matrix_view(factor);
  const Vector s = vector_view(scale);
  {
    py::gil_scoped_release nogil;
    c.whiten(l, s, out);
  }
  return to_numpy(out);
}

py::array effects(const ClusterLikelihood& c, const CArray<double>& residual, const FArray<double>& factor) {
  expect_shape("factor", factor, c.effects(), c.effects());
  return to_numpy(c.effects(matrix_view(factor), c.summarize(vector_view(residual))));
}

}  // namespace

void register_mixed(py::module_& m) {
  py::class_<ClusterLikelihood>(m, "ClusterLikelihood", py::module_local())
      .def(py::init(&make_likelihood), py::arg("z"), py::arg("start"))
      .def("value", &value, py::arg("residual"), py::arg("log_s2"), py::arg("factor"), py::arg("degrees"))
      .def("step", &step, py::arg("residual"), py::arg("log_s2"), py::arg("factor"), py::arg("degrees"), py::kw_only(),
           py::arg("fit_scale"), py::arg("fit_degrees"), py::arg("max_degrees"))
      .def(
          "radial_value",
          [](const ClusterLikelihood& c, double log_s2, double degrees, const CArray<double>& quadratic) {
            expect_size("quadratic", quadratic, c.clusters());
            return c.radial_value(log_s2, degrees, vector_view(quadratic));
          },
          py::arg("log_s2"), py::arg("degrees"), py::arg("quadratic"))
      .def("whiten", &whiten, py::arg("x"), py::arg("factor"), py::arg("scale"))
      .def("effects", &effects, py::arg("residual"), py::arg("factor"));
}

}  // namespace pauca::python
