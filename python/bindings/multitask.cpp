// Shared representations of several tasks: alternating least squares on Grams, and logistic tasks.

#include "bindings.hpp"
#include "checks.hpp"
#include "pauca/core/errors.hpp"
#include "pauca/multitask/alternating.hpp"
#include "pauca/multitask/logistic_tasks.hpp"

namespace pauca::python {
namespace {

using namespace pauca::multitask;

/// Grams (tasks, d, d) in C order; symmetric, so that the order within one does not matter.
TaskGrams grams_view(const CArray<double>& grams, const FArray<double>& cross, const CArray<double>& squares,
                     const CArray<double>& weight, const CArray<double>& ridge) {
  TaskGrams data{grams.data(), matrix_view(cross), vector_view(squares), vector_view(weight), vector_view(ridge)};
  require(grams.ndim() == 3 && grams.shape(0) == data.tasks() && grams.shape(1) == data.features() &&
              grams.shape(2) == data.features(),
          "grams: expected shape (tasks, features, features)");
  require(
      data.squares.size() == data.tasks() && data.weight.size() == data.tasks() && data.ridge.size() == data.tasks(),
      "squares, weight, ridge: expected one number a task");
  return data;
}

/// As many columns as there are directions, of which there are at most as many as features.
void expect_basis(const char* name, const FArray<double>& basis, Index features) {
  expect_matrix(name, basis);
  expect(name, basis.shape(0), features);
  require(basis.shape(1) >= 1 && basis.shape(1) <= features, "basis: expected 1 to n_features columns");
}

py::dict factors_dict(const Report& report, const SharedFactors& f) {
  py::dict d = to_dict(report);
  d["basis"] = to_numpy(f.basis);
  d["heads"] = to_numpy(f.heads);
  return d;
}

}  // namespace

void register_multitask(py::module_& m) {
  m.def(
      "multitask_start",
      [](const CArray<double>& grams, const FArray<double>& cross, const CArray<double>& squares,
         const CArray<double>& weight, const CArray<double>& ridge, Index k) {
        const TaskGrams data = grams_view(grams, cross, squares, weight, ridge);
        require(k >= 1 && k <= data.features(), "k: expected 1 to the number of features");
        return to_numpy(run_released(py::none(), [&](Monitor& monitor) { return spectral_start(data, k, monitor); }));
      },
      py::arg("grams").noconvert(), py::arg("cross"), py::arg("squares"), py::arg("weight"), py::arg("ridge"),
      py::arg("k"));

  m.def(
      "multitask_als",
      [](const CArray<double>& grams, const FArray<double>& cross, const CArray<double>& squares,
         const CArray<double>& weight, const CArray<double>& ridge, const FArray<double>& start, double tol,
         Index max_iter, double max_time, py::object callback) {
        const TaskGrams data = grams_view(grams, cross, squares, weight, ridge);
        expect_basis("start", start, data.features());
        SharedFactors f{matrix_view(start), {}};
        Index passes = 0;
        const Settings settings = to_settings(tol, max_iter, max_time);
        const Report report = run_released(std::move(callback), [&](Monitor& monitor) {
          monitor.start(max_time);
          return alternating_least_squares(data, f, settings, monitor, &passes);
        });
        py::dict d = factors_dict(report, f);
        d["passes"] = passes;
        return d;
      },
      py::arg("grams").noconvert(), py::arg("cross"), py::arg("squares"), py::arg("weight"), py::arg("ridge"),
      py::arg("start"), py::kw_only(), py::arg("tol"), py::arg("max_iter"), py::arg("max_time"), py::arg("callback"));

  m.def(
      "multitask_heads",
      [](const CArray<double>& grams, const FArray<double>& cross, const CArray<double>& squares,
         const CArray<double>& weight, const CArray<double>& ridge, const FArray<double>& basis) {
        const TaskGrams data = grams_view(grams, cross, squares, weight, ridge);
        expect_basis("basis", basis, data.features());
        return to_numpy(fit_heads(data, matrix_view(basis)));
      },
      py::arg("grams").noconvert(), py::arg("cross"), py::arg("squares"), py::arg("weight"), py::arg("ridge"),
      py::arg("basis"));

  m.def(
      "multitask_logistic",
      [](const CArray<double>& x, const CArray<double>& y, const CArray<double>& weight, const CArray<Index>& start,
         const CArray<double>& ridge, bool fit_intercept, const FArray<double>& basis, double tol, Index max_iter,
         double max_time, py::object callback) {
        expect_matrix("x", x);
        expect_size("y", y, x.shape(0));
        expect_size("weight", weight, x.shape(0));
        expect_starts("start", start, x.shape(0));
        require(start.size() >= 2, "start: expected at least one task");
        expect_size("ridge", ridge, start.size() - 1);
        expect_basis("basis", basis, x.shape(1));
        const LogisticTasks data{{x.data(), x.shape(0), x.shape(1)},
                                 vector_view(y),
                                 vector_view(weight),
                                 std::vector<Index>(start.data(), start.data() + start.size()),
                                 vector_view(ridge),
                                 fit_intercept};
        SharedFactors f{matrix_view(basis), {}};
        Vector intercepts;
        const Settings settings = to_settings(tol, max_iter, max_time);
        const Report report = run_released(std::move(callback), [&](Monitor& monitor) {
          monitor.start(max_time);
          return logistic_alternating(data, f, intercepts, settings, monitor);
        });
        py::dict d = factors_dict(report, f);
        d["intercepts"] = to_numpy(intercepts);
        return d;
      },
      py::arg("x").noconvert(), py::arg("y"), py::arg("weight"), py::arg("start"), py::arg("ridge"),
      py::arg("fit_intercept"), py::arg("basis"), py::kw_only(), py::arg("tol"), py::arg("max_iter"),
      py::arg("max_time"), py::arg("callback"));

  m.def(
      "logistic_head",
      [](const FArray<double>& z, const CArray<double>& y, const CArray<double>& weight, double ridge,
         bool fit_intercept) {
        expect_matrix("z", z);
        require(z.shape(1) >= 1, "z: expected at least one column");
        expect_size("y", y, z.shape(0));
        expect_size("weight", weight, z.shape(0));
        Vector w = Vector::Zero(z.shape(1));
        double c = 0.0;
        logistic_head(matrix_view(z), vector_view(y), vector_view(weight), ridge, fit_intercept, w, c);
        return py::make_tuple(to_numpy(w), c);
      },
      py::arg("z"), py::arg("y"), py::arg("weight"), py::arg("ridge"), py::arg("fit_intercept"));
}

}  // namespace pauca::python
