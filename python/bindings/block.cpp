// Block-structured linear models: groups of features, several tasks, several classes.

#include "linear.hpp"
#include "pauca/bcd/block_solver.hpp"

namespace pauca::python {
namespace {

std::vector<std::vector<Index>> to_blocks(const CArray<std::int64_t>& labels, Index count) {
  std::vector<std::vector<Index>> blocks(static_cast<std::size_t>(count));
  for (Index j = 0; j < labels.size(); ++j) {
    const std::int64_t label = labels.data()[j];
    require(label >= 0 && label < count, "groups: a label is out of range");
    blocks[static_cast<std::size_t>(label)].push_back(j);
  }
  return blocks;
}

void expect_labels(const FArray<double>& y) {
  require(y.shape(0) == y.size(), "y: expected one column of labels");
  for (Index i = 0; i < y.size(); ++i) require(y.data()[i] >= 0.0 && y.data()[i] < 1e9, "y: expected labels 0, 1, ...");
}

std::unique_ptr<MatrixLoss> make_matrix_loss(const std::string& name, const std::vector<double>& shape,
                                             const FArray<double>& y, const CArray<double>& weights) {
  if (name == "multitask") return make_multitask_loss(Matrix(matrix_view(y)), vector_view(weights));
  if (name == "multinomial") {
    expect_labels(y);
    std::vector<Index> labels(static_cast<std::size_t>(y.shape(0)));
    Index classes = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      labels[i] = static_cast<Index>(y.data()[i]);
      classes = std::max(classes, labels[i] + 1);
    }
    return make_multinomial_loss(std::move(labels), classes, vector_view(weights));
  }
  return make_single_loss(make_loss(name, shape, Vector(matrix_view(y).col(0)), vector_view(weights)));
}

}  // namespace

void register_block(py::module_& m) {
  m.def(
      "block_solve",
      [](DesignHandle& x, const std::string& loss_name, const std::vector<double>& loss_shape, const FArray<double>& y,
         const CArray<double>& sample_weight, const std::optional<FArray<double>>& offset,
         const std::string& penalty_name, const std::vector<double>& shape, const CArray<std::int64_t>& labels,
         const CArray<double>& group_weights, double alpha, bool relative, double lambda_share, double ridge_share,
         bool fit_intercept, const std::optional<CArray<double>>& scale, const std::string& engine, double continuation,
         double gram_bytes, double tol, Index max_iter, double max_time, const std::optional<FArray<double>>& coef,
         const std::optional<CArray<double>>& intercept, py::object callback) {
        const ScaledDesign scaled(x, scale);
        const Index n = x.design->rows(), p = x.design->cols();
        require(y.ndim() == 2 || y.ndim() == 1, "y: expected one or two dimensions");
        if (loss_name != "cox") expect("y", y.shape(0), n);
        expect_size("sample_weight", sample_weight, n);
        const auto loss = make_matrix_loss(loss_name, loss_shape, y, sample_weight);
        const auto penalty =
            make_block_penalty(penalty_name, shape,
                               std::vector<double>(group_weights.data(), group_weights.data() + group_weights.size()));
        const Index outputs = loss->tasks();
        if (offset) expect_shape("offset", *offset, n, outputs);
        if (coef) expect_shape("coef", *coef, p, outputs);
        expect_size("intercept", intercept, outputs);
        const std::optional<Matrix> shift = offset ? std::optional<Matrix>(matrix_view(*offset)) : std::nullopt;
        const bcd::BlockProblem problem{*x.design,
                                        *loss,
                                        *penalty,
                                        to_blocks(labels, group_weights.size()),
                                        {alpha, relative, lambda_share, ridge_share},
                                        fit_intercept,
                                        shift ? &*shift : nullptr};
        bcd::Options options;
        options.engine = to_engine(engine);
        options.continuation = continuation;
        options.gram_bytes = gram_bytes;
        const Matrix start = coef ? Matrix(matrix_view(*coef)) : Matrix();
        const Vector start_intercept = intercept ? Vector(vector_view(*intercept)) : Vector();
        const Settings settings = to_settings(tol, max_iter, max_time);
        const bcd::BlockSolution s = run_released(std::move(callback), [&](Monitor& monitor) {
          return bcd::BlockSolver(problem, options).solve(settings, start, start_intercept, monitor);
        });
        py::dict d = to_dict(s.report);
        d["coef"] = to_numpy(s.coef);
        d["intercept"] = to_numpy(s.intercept);
        d["alpha"] = s.alpha;
        d["alpha_max"] = s.lambda_max;
        d["support_identified_at"] = s.support_identified_at;
        d["null_objective"] = s.null_objective;
        return d;
      },
      py::arg("x"), py::kw_only(), py::arg("loss"), py::arg("loss_shape"), py::arg("y"), py::arg("sample_weight"),
      py::arg("offset"), py::arg("penalty"), py::arg("shape"), py::arg("labels"), py::arg("group_weights"),
      py::arg("alpha"), py::arg("relative"), py::arg("lambda_share"), py::arg("ridge_share"), py::arg("fit_intercept"),
      py::arg("scale"), py::arg("engine"), py::arg("continuation"), py::arg("gram_bytes"), py::arg("tol"),
      py::arg("max_iter"), py::arg("max_time"), py::arg("coef"), py::arg("intercept"), py::arg("callback"));
}

}  // namespace pauca::python
