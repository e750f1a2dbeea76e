// Block coordinate descent by explicit rules: linear fits, free experiments, graphs.

#include "linear.hpp"
#include "pauca/bcd/graph/forest.hpp"
#include "pauca/bcd/graph/propagation.hpp"
#include "pauca/bcd/rules/graph_smooth.hpp"
#include "pauca/bcd/rules/linear_smooth.hpp"
#include "pauca/bcd/rules/partition.hpp"
#include "pauca/bcd/rules/softmax_smooth.hpp"
#include "pauca/bcd/solve_by_rules.hpp"
#include "pauca/core/thread_clock.hpp"

namespace pauca::python {
namespace {

using Optional = std::optional<CArray<double>>;

Vector optional_vector(const Optional& a) { return a ? Vector(vector_view(*a)) : Vector(); }

std::vector<Index> labels_of(const CArray<std::int64_t>& a) { return {a.data(), a.data() + a.size()}; }

bcd::Rules to_rules(const py::dict& d) {
  bcd::Rules r;
  r.partition = d["partition"].cast<std::string>();
  r.block_size = d["block_size"].cast<Index>();
  r.selection = d["selection"].cast<std::string>();
  r.update = d["update"].cast<std::string>();
  r.diagonal = d["diagonal"].cast<std::string>();
  r.guarantee = d["guarantee"].cast<bool>();
  r.seed = d["seed"].cast<std::uint64_t>();
  if (d.contains("groups") && !d["groups"].is_none())
    r.groups = bcd::rules::blocks_of_labels(labels_of(d["groups"].cast<CArray<std::int64_t>>()));
  return r;
}

/// A sparse symmetric matrix and nothing else, so that it is converted once.
struct GraphHandle {
  bcd::graph::SparseSymmetric q;
};

GraphHandle make_graph(const CArray<double>& values, const CArray<std::int64_t>& indices,
                       const CArray<std::int64_t>& indptr) {
  expect_compressed(values, indices, indptr, indptr.size() - 1);
  return {bcd::graph::from_rows(values.data(), indices.data(), indptr.data(), indptr.size() - 1)};
}

py::list blocks_to_list(const std::vector<bcd::graph::Block>& blocks) {
  py::list out;
  for (const auto& b : blocks) out.append(py::array_t<Index>(static_cast<py::ssize_t>(b.size()), b.data()));
  return out;
}

void expect_groups(const bcd::Rules& rules, Index size) {
  if (rules.groups.empty()) return;
  std::size_t members = 0;
  for (const auto& b : rules.groups) members += b.size();
  expect("groups", static_cast<Index>(members), size);
}

py::dict minimise_blocks(bcd::rules::Smooth& f, const Optional& l1, const Optional& lower, const Optional& upper,
                         const Optional& group, const bcd::Rules& rules, const CArray<double>& start, Index updates,
                         double tol, double target, double max_time, py::object callback) {
  expect_size("start", start, f.size());
  expect_size("l1", l1, f.size());
  expect_size("lower", lower, f.size());
  expect_size("upper", upper, f.size());
  expect_size("group", group, static_cast<Index>(rules.groups.size()));
  expect_groups(rules, f.size());
  std::unique_ptr<bcd::rules::Regularizer> g;
  if (group)
    g = std::make_unique<bcd::rules::GroupL2>(rules.groups, optional_vector(group), f.size());
  else
    g = std::make_unique<bcd::rules::L1Box>(optional_vector(l1), optional_vector(lower), optional_vector(upper));
  const Vector x0 = vector_view(start);
  double violation = 0.0;
  Index fallbacks = 0;
  const bcd::BlockRun run = run_released(std::move(callback), [&](Monitor& monitor) {
    monitor.start(max_time);
    const double start_of_thread = thread_seconds();
    bcd::Iteration iteration(f, *g, rules, x0, monitor);
    bcd::BlockRun r = bcd::run(iteration, updates, tol, target, monitor);
    for (double& t : r.processor) t -= start_of_thread;
    violation = iteration.violation();
    fallbacks = iteration.fallbacks();
    return r;
  });
  py::dict d;
  d["x"] = to_numpy(f.x());
  d["status"] = to_string(run.status);
  d["n_updates"] = run.updates;
  d["violation"] = violation;
  d["fallbacks"] = fallbacks;
  d["objective_path"] = py::array_t<double>(static_cast<py::ssize_t>(run.objective.size()), run.objective.data());
  d["seconds_path"] = py::array_t<double>(static_cast<py::ssize_t>(run.seconds.size()), run.seconds.data());
  d["cpu_seconds_path"] = py::array_t<double>(static_cast<py::ssize_t>(run.processor.size()), run.processor.data());
  d["sizes"] = py::array_t<Index>(static_cast<py::ssize_t>(run.size.size()), run.size.data());
  return d;
}

}  // namespace

void register_rules(py::module_& m) {
  py::class_<GraphHandle>(m, "Graph", py::module_local());
  m.def("make_graph", &make_graph, py::arg("values"), py::arg("indices"), py::arg("indptr"));

  m.def(
      "linear_solve_rules",
      [](DesignHandle& x, const std::string& loss, const std::vector<double>& loss_shape, const CArray<double>& y,
         const CArray<double>& sample_weight, const Optional& offset, const std::string& penalty,
         const std::vector<double>& shape, double alpha, bool relative, double lambda_share, double ridge_share,
         const Optional& weights, bool nonnegative, bool multiply, bool fit_intercept, const Optional& scale,
         double gram_bytes, double tol, Index max_iter, double max_time, const Optional& coef, double intercept,
         const py::dict& rules, py::object callback) {
        LinearArguments a(x, loss, loss_shape, y, sample_weight, offset, {alpha, relative, lambda_share, ridge_share},
                          weights, nonnegative, multiply, fit_intercept, scale);
        bcd::Options options;
        options.gram_bytes = gram_bytes;
        const bcd::Start start = to_start(coef, intercept, x.design->cols());
        expect_separable(penalty, shape, x.design->cols());
        const Settings settings = to_settings(tol, max_iter, max_time);
        const bcd::Rules chosen = to_rules(rules);
        expect_groups(chosen, x.design->cols());
        const bcd::RulesSolution r = run_released(std::move(callback), [&](Monitor& monitor) {
          return bcd::solve_by_rules(a.problem, penalty, shape, chosen, options, settings, start, monitor);
        });
        py::dict d = to_dict(r.solution, lambda_share);
        d["n_updates"] = r.updates;
        d["fallbacks"] = r.fallbacks;
        d["block_size"] = r.block_size;
        return d;
      },
      py::arg("x"), py::kw_only(), py::arg("loss"), py::arg("loss_shape"), py::arg("y"), py::arg("sample_weight"),
      py::arg("offset"), py::arg("penalty"), py::arg("shape"), py::arg("alpha"), py::arg("relative"),
      py::arg("lambda_share"), py::arg("ridge_share"), py::arg("weights"), py::arg("nonnegative"), py::arg("multiply"),
      py::arg("fit_intercept"), py::arg("scale"), py::arg("gram_bytes"), py::arg("tol"), py::arg("max_iter"),
      py::arg("max_time"), py::arg("coef"), py::arg("intercept"), py::arg("rules"), py::arg("callback"));

  m.def(
      "blocks_linear",
      [](DesignHandle& x, const std::string& loss, const CArray<double>& y, const CArray<double>& weights, double ridge,
         bool fit_intercept, double gram_bytes, const Optional& l1, const Optional& lower, const Optional& upper,
         const Optional& group, const py::dict& rules, const CArray<double>& start, Index updates, double tol,
         double target, double max_time, py::object callback) {
        const std::unique_ptr<Loss> f = make_loss(loss, {}, vector_view(y), vector_view(weights));
        expect("y", f->size(), x.design->rows());
        Monitor quiet;
        bcd::rules::LinearSmooth smooth(*x.design, *f, Vector::Constant(x.design->cols(), ridge),
                                        {fit_intercept, nullptr, gram_bytes}, quiet);
        py::dict d = minimise_blocks(smooth, l1, lower, upper, group, to_rules(rules), start, updates, tol, target,
                                     max_time, std::move(callback));
        d["intercept"] = smooth.intercept();
        return d;
      },
      py::arg("x"), py::kw_only(), py::arg("loss"), py::arg("y"), py::arg("weights"), py::arg("ridge"),
      py::arg("fit_intercept"), py::arg("gram_bytes"), py::arg("l1"), py::arg("lower"), py::arg("upper"),
      py::arg("group"), py::arg("rules"), py::arg("start"), py::arg("updates"), py::arg("tol"), py::arg("target"),
      py::arg("max_time"), py::arg("callback"));

  m.def(
      "blocks_softmax",
      [](DesignHandle& x, const CArray<std::int64_t>& labels, Index n_classes, const CArray<double>& weights,
         double ridge, const Optional& l1, const Optional& lower, const Optional& upper, const Optional& group,
         const py::dict& rules, const CArray<double>& start, Index updates, double tol, double target, double max_time,
         py::object callback) {
        expect_size("labels", labels, x.design->rows());
        expect_size("weights", weights, x.design->rows());
        require(n_classes >= 1, "n_classes: expected a positive number");
        expect_indices("labels", labels, n_classes);
        bcd::rules::SoftmaxSmooth smooth(*x.design, labels_of(labels), n_classes, vector_view(weights), ridge);
        return minimise_blocks(smooth, l1, lower, upper, group, to_rules(rules), start, updates, tol, target, max_time,
                               std::move(callback));
      },
      py::arg("x"), py::kw_only(), py::arg("labels"), py::arg("n_classes"), py::arg("weights"), py::arg("ridge"),
      py::arg("l1"), py::arg("lower"), py::arg("upper"), py::arg("group"), py::arg("rules"), py::arg("start"),
      py::arg("updates"), py::arg("tol"), py::arg("target"), py::arg("max_time"), py::arg("callback"));

  m.def(
      "blocks_graph",
      [](GraphHandle& q, const CArray<double>& c, const Optional& l1, const Optional& lower, const Optional& upper,
         const Optional& group, const py::dict& rules, const CArray<double>& start, Index updates, double tol,
         double target, double max_time, py::object callback) {
        expect_size("c", c, q.q.size());
        bcd::rules::GraphSmooth smooth(q.q, vector_view(c));
        return minimise_blocks(smooth, l1, lower, upper, group, to_rules(rules), start, updates, tol, target, max_time,
                               std::move(callback));
      },
      py::arg("q"), py::kw_only(), py::arg("c"), py::arg("l1"), py::arg("lower"), py::arg("upper"), py::arg("group"),
      py::arg("rules"), py::arg("start"), py::arg("updates"), py::arg("tol"), py::arg("target"), py::arg("max_time"),
      py::arg("callback"));

  m.def("graph_colouring", [](GraphHandle& q) { return blocks_to_list(bcd::graph::colouring(q.q)); }, py::arg("q"));
  m.def("graph_forests", [](GraphHandle& q) { return blocks_to_list(bcd::graph::forests(q.q)); }, py::arg("q"));
  m.def(
      "greedy_forest",
      [](GraphHandle& q, const CArray<std::int64_t>& order) {
        expect_distinct("order", order, q.q.size());
        const bcd::graph::Block block = bcd::graph::greedy_forest(q.q, labels_of(order));
        return py::array_t<Index>(static_cast<py::ssize_t>(block.size()), block.data());
      },
      py::arg("q"), py::arg("order"));
  m.def(
      "forest_solve",
      [](GraphHandle& q, const CArray<std::int64_t>& block, const FArray<double>& r) {
        expect_distinct("block", block, q.q.size());
        require(r.ndim() > 0, "r: expected one row a node of the block");
        expect("r", r.shape(0), block.size());
        Matrix x;
        bcd::graph::solve_forest(q.q, labels_of(block), Matrix(matrix_view(r)), x);
        return to_numpy(x);
      },
      py::arg("q"), py::arg("block"), py::arg("r"));
  m.def(
      "propagate",
      [](GraphHandle& q, const FArray<double>& c, const FArray<double>& start, const std::string& method, double tol,
         Index max_iter, double max_time, py::object callback) {
        const Matrix right = matrix_view(c);
        Matrix x = matrix_view(start);
        const Settings settings = to_settings(tol, max_iter, max_time);
        const Report report = run_released(std::move(callback), [&](Monitor& monitor) {
          return bcd::graph::propagate(q.q, right, method, settings, x, monitor);
        });
        py::dict d = to_dict(report);
        d["x"] = to_numpy(x);
        return d;
      },
      py::arg("q"), py::kw_only(), py::arg("c"), py::arg("start"), py::arg("method"), py::arg("tol"),
      py::arg("max_iter"), py::arg("max_time"), py::arg("callback"));
}

}  // namespace pauca::python
