// Linear models: designs over numpy and scipy arrays without copies, losses by name, GreedyBCD.

#include "pauca/bcd/solve.hpp"

#include "linear.hpp"
#include "pauca/design/csc.hpp"
#include "pauca/design/dense.hpp"
#include "pauca/design/genotype.hpp"
#include "pauca/penalty/registry.hpp"

namespace pauca::python {
namespace {

template <class T>
DesignHandle dense_design(const Strided<T>& x) {
  require(x.ndim() == 2, "X: expected a two-dimensional array");
  require(x.shape(1) <= 1 || x.strides(1) % static_cast<py::ssize_t>(sizeof(T)) == 0, "X: expected aligned entries");
  require(x.shape(0) <= 1 || x.strides(0) == static_cast<py::ssize_t>(sizeof(T)),
          "X: expected a column-major (F-ordered) array");
  const Index stride = x.shape(1) > 1 ? x.strides(1) / static_cast<py::ssize_t>(sizeof(T)) : x.shape(0);
  return {std::make_unique<DenseDesign<T>>(x.data(), x.shape(0), x.shape(1), stride), {x}};
}

template <class T, class I>
DesignHandle csc_design(const CArray<T>& values, const CArray<I>& indices, const CArray<I>& indptr, Index rows) {
  expect_compressed(values, indices, indptr, rows);
  return {std::make_unique<CscDesign<T, I>>(values.data(), indices.data(), indptr.data(), rows, indptr.size() - 1),
          {values, indices, indptr}};
}

const std::int8_t* column_major_codes(const Strided<std::int8_t>& codes, Index& stride) {
  require(codes.ndim() == 2, "codes: expected a two-dimensional array");
  require(codes.shape(0) <= 1 || codes.strides(0) == 1, "codes: expected a column-major (F-ordered) array");
  stride = codes.shape(1) > 1 ? codes.strides(1) : codes.shape(0);
  return codes.data();
}

DesignHandle genotype_design(const Strided<std::int8_t>& codes, int missing, const CArray<double>& mean,
                             const CArray<Index>& n_missing, const std::optional<CArray<Index>>& row_index) {
  GenotypeCodes g{};
  g.data = column_major_codes(codes, g.stride);
  const Index cols = codes.shape(1), rows = row_index ? row_index->size() : codes.shape(0);
  require(mean.size() == cols && n_missing.size() == cols, "mean, n_missing: expected one number a column");
  if (row_index)
    for (Index i = 0; i < rows; ++i)
      require(row_index->data()[i] >= 0 && row_index->data()[i] < codes.shape(0), "row_index: got a row out of range");
  g.missing = missing;
  g.mean = mean.data();
  g.n_missing = n_missing.data();
  g.row_index = row_index ? row_index->data() : nullptr;
  std::vector<py::object> keep{codes, mean, n_missing};
  if (row_index) keep.push_back(*row_index);
  return {std::make_unique<GenotypeDesign>(g, rows, cols), std::move(keep)};
}

/// Mean of what is observed, and the number of missing entries, of every column.
py::tuple genotype_means(const Strided<std::int8_t>& codes, int missing) {
  Index stride = 0;
  const std::int8_t* data = column_major_codes(codes, stride);
  const Index n = codes.shape(0), p = codes.shape(1);
  Vector mean(p);
  Eigen::Matrix<Index, Eigen::Dynamic, 1> absent(p);
  run_released(py::none(), [&](Monitor& monitor) {
    for (Index j = 0; j < p; ++j) {
      if (j % 64 == 0 && !monitor.keep_going()) break;
      mean[j] = GenotypeDesign::observed_mean(data + j * stride, n, missing, absent[j]);
    }
    return 0;
  });
  return py::make_tuple(to_numpy(mean), to_numpy(absent));
}

/// Weighted mean and variance of every column.
py::tuple column_moments(DesignHandle& x, const CArray<double>& weights) {
  const Index p = x.design->cols();
  expect_size("weights", weights, x.design->rows());
  Vector mean(p), variance(p);
  run_released(py::none(), [&](Monitor& monitor) {
    for (Index j = 0; j < p && monitor.keep_going(); ++j)
      x.design->column_moments(j, weights.data(), mean[j], variance[j]);
    return 0;
  });
  return py::make_tuple(to_numpy(mean), to_numpy(variance));
}

/// sum_j g_j(w_j)
double penalty_value(const std::string& name, const std::vector<double>& shape, double lambda, double ridge,
                     const std::optional<CArray<double>>& weights, bool nonnegative, bool multiply,
                     const CArray<double>& w) {
  expect_size("weights", weights, w.size());
  expect_separable(name, shape, w.size());
  const PenaltySettings settings{lambda, ridge, optional_data(weights), nonnegative, multiply};
  return visit_penalty(name, shape, [&](auto p) {
    const Separable<decltype(p)> g(p, settings);
    double total = 0.0;
    for (Index j = 0; j < w.size(); ++j) total += g.value(j, w.data()[j]);
    return total;
  });
}

py::array penalty_prox(const std::string& name, const std::vector<double>& shape, double lambda, double ridge,
                       const std::optional<CArray<double>>& weights, bool nonnegative, bool multiply,
                       const CArray<double>& v, double step) {
  expect_size("weights", weights, v.size());
  expect_separable(name, shape, v.size());
  const PenaltySettings settings{lambda, ridge, optional_data(weights), nonnegative, multiply};
  Vector out(v.size());
  visit_penalty(name, shape, [&](auto p) {
    const Separable<decltype(p)> g(p, settings);
    for (Index j = 0; j < v.size(); ++j) out[j] = g.prox(j, v.data()[j], step);
    return 0;
  });
  return to_numpy(out);
}

}  // namespace

void register_linear(py::module_& m) {
  py::class_<DesignHandle>(m, "Design", py::module_local());
  m.def("dense_design", &dense_design<double>, py::arg("x").noconvert());
  m.def("dense_design", &dense_design<float>, py::arg("x").noconvert());
  m.def("genotype_design", &genotype_design, py::arg("codes").noconvert(), py::arg("missing"), py::arg("mean"),
        py::arg("n_missing"), py::arg("row_index"));
  m.def("genotype_means", &genotype_means, py::arg("codes").noconvert(), py::arg("missing"));
  auto csc = [&](auto f) {
    m.def("csc_design", f, py::arg("values").noconvert(), py::arg("indices").noconvert(), py::arg("indptr").noconvert(),
          py::arg("rows"));
  };
  csc(&csc_design<double, std::int32_t>);
  csc(&csc_design<double, std::int64_t>);
  csc(&csc_design<float, std::int32_t>);
  csc(&csc_design<float, std::int64_t>);

  m.def("column_moments", &column_moments, py::arg("x"), py::arg("weights"));
  m.def("penalty_value", &penalty_value, py::arg("name"), py::arg("shape"), py::arg("lambda_"), py::arg("ridge"),
        py::arg("weights"), py::arg("nonnegative"), py::arg("multiply"), py::arg("w"));
  m.def("penalty_prox", &penalty_prox, py::arg("name"), py::arg("shape"), py::arg("lambda_"), py::arg("ridge"),
        py::arg("weights"), py::arg("nonnegative"), py::arg("multiply"), py::arg("v"), py::arg("step"));
  m.def(
      "linear_solve",
      [](DesignHandle& x, const std::string& loss, const std::vector<double>& loss_shape, const CArray<double>& y,
         const CArray<double>& sample_weight, const std::optional<CArray<double>>& offset, const std::string& penalty,
         const std::vector<double>& shape, double alpha, bool relative, double lambda_share, double ridge_share,
         const std::optional<CArray<double>>& weights, bool nonnegative, bool multiply, bool fit_intercept,
         const std::optional<CArray<double>>& scale, const std::string& engine, double continuation, double gram_bytes,
         double tol, Index max_iter, double max_time, const std::optional<CArray<double>>& coef, double intercept,
         py::object callback) {
        LinearArguments a(x, loss, loss_shape, y, sample_weight, offset, {alpha, relative, lambda_share, ridge_share},
                          weights, nonnegative, multiply, fit_intercept, scale);
        bcd::Options options;
        options.engine = to_engine(engine);
        options.continuation = continuation;
        options.gram_bytes = gram_bytes;
        const bcd::Start start = to_start(coef, intercept, x.design->cols());
        expect_separable(penalty, shape, x.design->cols());
        const Settings settings = to_settings(tol, max_iter, max_time);
        const bcd::Solution s = run_released(std::move(callback), [&](Monitor& monitor) {
          return bcd::solve(a.problem, penalty, shape, options, settings, start, monitor);
        });
        return to_dict(s, lambda_share);
      },
      py::arg("x"), py::kw_only(), py::arg("loss"), py::arg("loss_shape"), py::arg("y"), py::arg("sample_weight"),
      py::arg("offset"), py::arg("penalty"), py::arg("shape"), py::arg("alpha"), py::arg("relative"),
      py::arg("lambda_share"), py::arg("ridge_share"), py::arg("weights"), py::arg("nonnegative"), py::arg("multiply"),
      py::arg("fit_intercept"), py::arg("scale"), py::arg("engine"), py::arg("continuation"), py::arg("gram_bytes"),
      py::arg("tol"), py::arg("max_iter"), py::arg("max_time"), py::arg("coef"), py::arg("intercept"),
      py::arg("callback"));

  m.def(
      "linear_path",
      [](DesignHandle& x, const std::string& loss, const std::vector<double>& loss_shape, const CArray<double>& y,
         const CArray<double>& sample_weight, const std::optional<CArray<double>>& offset, const std::string& penalty,
         const std::vector<double>& shape, const std::vector<double>& alphas, bool relative, double lambda_share,
         double ridge_share, const std::optional<CArray<double>>& weights, bool nonnegative, bool multiply,
         bool fit_intercept, const std::optional<CArray<double>>& scale, const std::string& engine, double gram_bytes,
         double tol, Index max_iter, double max_time, py::object callback) {
        LinearArguments a(x, loss, loss_shape, y, sample_weight, offset, {0.0, relative, lambda_share, ridge_share},
                          weights, nonnegative, multiply, fit_intercept, scale);
        expect_separable(penalty, shape, x.design->cols());
        bcd::Options options;
        options.engine = to_engine(engine);
        options.gram_bytes = gram_bytes;
        const Settings settings = to_settings(tol, max_iter, max_time);
        const bcd::Path path = run_released(std::move(callback), [&](Monitor& monitor) {
          return bcd::solve_path(a.problem, penalty, shape, options, alphas, settings, monitor);
        });
        py::list points;
        for (const bcd::PathPoint& point : path.points) {
          py::dict d = to_dict(point.report);
          d["alpha"] = point.alpha;
          d["support"] = py::array_t<Index>(static_cast<py::ssize_t>(point.support.size()), point.support.data());
          d["values"] = py::array_t<double>(static_cast<py::ssize_t>(point.values.size()), point.values.data());
          d["intercept"] = point.intercept;
          d["loss"] = point.loss;
          points.append(d);
        }
        py::dict d;
        d["points"] = points;
        d["alpha_max"] = alpha_max(path.lambda_max, lambda_share);
        d["null_objective"] = path.null_objective;
        return d;
      },
      py::arg("x"), py::kw_only(), py::arg("loss"), py::arg("loss_shape"), py::arg("y"), py::arg("sample_weight"),
      py::arg("offset"), py::arg("penalty"), py::arg("shape"), py::arg("alphas"), py::arg("relative"),
      py::arg("lambda_share"), py::arg("ridge_share"), py::arg("weights"), py::arg("nonnegative"), py::arg("multiply"),
      py::arg("fit_intercept"), py::arg("scale"), py::arg("engine"), py::arg("gram_bytes"), py::arg("tol"),
      py::arg("max_iter"), py::arg("max_time"), py::arg("callback"));
}

}  // namespace pauca::python
