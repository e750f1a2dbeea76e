// The moments factor: row blocks of numpy arrays in any order and of either precision, without a copy of the whole.

#include "pauca/design/moments.hpp"

#include "bindings.hpp"
#include "checks.hpp"
#include "pauca/core/errors.hpp"

namespace pauca::python {
namespace {

template <class T>
py::array append_rows(const FArray<double>& factor, const Strided<T>& x, const CArray<double>& y,
                      const CArray<double>& weights, py::object callback) {
  expect_matrix("X", x);
  require(y.ndim() <= 2, "y: expected one or two dimensions");
  expect_shape("factor", factor, factor.ndim() > 0 ? factor.shape(0) : 0, factor.ndim() > 0 ? factor.shape(0) : 0);
  if (y.ndim() > 1) expect("y", y.shape(0), x.shape(0));
  expect_size("weights", weights, x.shape(0));
  MomentsFactor moments{Matrix(matrix_view(factor))};
  const Index n = x.shape(0), p = x.shape(1), q = y.ndim() > 1 ? y.shape(1) : 0;
  require(moments.columns() == 1 + p + q, "factor: its size is not 1 + features + targets");
  constexpr auto item = static_cast<py::ssize_t>(sizeof(T));
  require(x.strides(0) % item == 0 && x.strides(1) % item == 0, "X: expected aligned items");
  using Strided = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>, 0,
                             Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;
  const Strided data(x.data(), n, p, {x.strides(1) / item, x.strides(0) / item});
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> targets(y.data(), n, q);
  const Vector root = vector_view(weights).cwiseSqrt();
  run_released(std::move(callback), [&](Monitor& monitor) {
    monitor.start(std::numeric_limits<double>::infinity());
    Matrix block;
    for (Index start = 0; start < n && monitor.keep_going(); start += moments.block_rows()) {
      const Index len = std::min(moments.block_rows(), n - start);
      const auto scale = root.segment(start, len);
      block.resize(len, moments.columns());
      block.col(0) = scale;
      block.middleCols(1, p) = scale.asDiagonal() * data.middleRows(start, len).template cast<double>();
      if (q > 0) block.rightCols(q) = scale.asDiagonal() * targets.middleRows(start, len);
      moments.append(block);
    }
    return 0;
  });
  return to_numpy(moments.factor());
}

py::array merge_factors(const FArray<double>& a, const FArray<double>& b) {
  expect_matrix("a", a);
  expect_shape("a", a, a.shape(0), a.shape(0));
  expect_shape("b", b, a.shape(0), a.shape(0));
  MomentsFactor moments{Matrix(matrix_view(a))};
  run_released(py::none(), [&](Monitor&) {
    moments.append(matrix_view(b));
    return 0;
  });
  return to_numpy(moments.factor());
}

}  // namespace

void register_moments(py::module_& m) {
  auto append = [&](auto f) {
    m.def("moments_append", f, py::arg("factor").noconvert(), py::arg("x").noconvert(), py::arg("y").noconvert(),
          py::arg("weights").noconvert(), py::arg("callback"));
  };
  append(&append_rows<double>);
  append(&append_rows<float>);
  m.def("moments_merge", &merge_factors, py::arg("a").noconvert(), py::arg("b").noconvert());
}

}  // namespace pauca::python
