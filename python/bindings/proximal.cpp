// Penalties of whole vectors and the proximal solvers that take them.

#include "linear.hpp"
#include "pauca/bcd/solve.hpp"
#include "pauca/penalty/registry.hpp"
#include "pauca/penalty/separable_vector.hpp"
#include "pauca/penalty/structured/registry.hpp"
#include "pauca/prox/accelerated.hpp"
#include "pauca/prox/conjugate_gradient.hpp"
#include "pauca/prox/hard_thresholding.hpp"
#include "pauca/prox/linear_approximation.hpp"

namespace pauca::python {
namespace {

/// alpha times a penalty written in Python: an object with value(w) and prox(v, step).
class PythonPenalty final : public VectorPenalty {
 public:
  explicit PythonPenalty(py::object penalty)
      : penalty_(std::move(penalty)), convex_(py::cast<bool>(py::getattr(penalty_, "convex", py::bool_(false)))) {}
  ~PythonPenalty() override {
    py::gil_scoped_acquire gil;
    penalty_ = py::object();
  }

  bool convex() const override { return convex_; }
  void set_strength(double alpha) override { alpha_ = alpha; }
  double value(const Vector& w) const override {
    if (alpha_ == 0.0) return 0.0;
    py::gil_scoped_acquire gil;
    return alpha_ * py::cast<double>(penalty_.attr("value")(to_numpy(w)));
  }
  void prox(const Vector& v, double step, Vector& out) const override {
    if (alpha_ == 0.0) {
      out = v;
      return;
    }
    py::gil_scoped_acquire gil;
    const auto found = py::cast<CArray<double>>(penalty_.attr("prox")(to_numpy(v), step * alpha_));
    require(found.size() == v.size(), "penalty.prox: returned an array of another size than its argument");
    out = vector_view(found);
  }

 private:
  py::object penalty_;
  bool convex_;
  double alpha_ = 1.0;
};

/// A structured penalty from the dictionary of its StructuredSpec.
StructuredSpec to_spec(const py::dict& d) {
  StructuredSpec s;
  s.name = py::cast<std::string>(d["name"]);
  s.shape = py::cast<std::vector<double>>(d["shape"]);
  s.sequence = py::cast<std::vector<double>>(d["sequence"]);
  s.labels = py::cast<std::vector<Index>>(d["labels"]);
  s.rows = py::cast<Index>(d["rows"]);
  s.cols = py::cast<Index>(d["cols"]);
  return s;
}

/// The penalty of a vector of this size.
std::unique_ptr<VectorPenalty> to_structured(const py::dict& d, Index size) {
  const StructuredSpec s = to_spec(d);
  const bool groups = s.name != "slope" && s.name != "fused" && s.name.rfind("nuclear_", 0) != 0;
  if (groups) expect_size("groups", s.labels, size);
  for (Index label : s.labels) require(label >= 0, "groups: expected labels 0, 1, ...");
  if (s.name == "slope") expect_size("sequence", s.sequence, size);
  if (s.name.rfind("nuclear_", 0) == 0)
    require(s.rows >= 1 && s.cols >= 1 && s.cols <= size && s.rows == size / s.cols && size % s.cols == 0,
            "shape: expected rows times columns to be the number of coefficients");
  return make_structured(s);
}

std::unique_ptr<VectorPenalty> separable_vector(const LinearArguments& a, const std::string& name,
                                                const std::vector<double>& shape, Index size) {
  return visit_penalty(name, shape, [&](auto p) -> std::unique_ptr<VectorPenalty> {
    return std::make_unique<SeparableVector<decltype(p)>>(p, a.problem.penalty, a.problem.strength.lambda_share,
                                                          a.problem.strength.ridge_share, size);
  });
}

prox::Momentum to_momentum(const std::string& name) {
  if (name == "thesis") return prox::Momentum::thesis;
  if (name == "ghadimi-lan") return prox::Momentum::ghadimi_lan;
  if (name == "none") return prox::Momentum::none;
  throw std::invalid_argument("momentum: got '" + name + "', expected 'thesis', 'ghadimi-lan' or 'none'");
}

prox::Restart to_restart(const std::string& name) {
  if (name == "none") return prox::Restart::none;
  if (name == "speed") return prox::Restart::speed;
  if (name == "gradient") return prox::Restart::gradient;
  throw std::invalid_argument("restart: got '" + name + "', expected 'none', 'speed' or 'gradient'");
}

py::dict to_result(const prox::Solution& s) {
  py::dict d = to_dict(s.report);
  d["coef"] = to_numpy(s.coef);
  d["intercept"] = s.intercept;
  d["alpha"] = s.alpha;
  d["alpha_max"] = s.alpha_max;
  d["null_objective"] = s.null_objective;
  d["gradients"] = s.gradients;
  d["restarts"] = s.restarts;
  return d;
}

py::dict to_result(const bcd::Solution& s, double lambda_share) {
  py::dict d = to_dict(s.report);
  d["coef"] = to_numpy(s.coef);
  d["intercept"] = s.intercept;
  d["alpha"] = s.alpha;
  d["alpha_max"] = alpha_max(s.lambda_max, lambda_share);
  d["null_objective"] = s.null_objective;
  return d;
}

}  // namespace

void register_proximal(py::module_& m) {
  m.def(
      "structured_value",
      [](const py::dict& spec, double alpha, const CArray<double>& w) {
        const auto g = to_structured(spec, w.size());
        g->set_strength(alpha);
        return g->value(vector_view(w));
      },
      py::arg("spec"), py::arg("alpha"), py::arg("w"));
  m.def(
      "structured_prox",
      [](const py::dict& spec, double alpha, const CArray<double>& v, double step) {
        const auto g = to_structured(spec, v.size());
        g->set_strength(alpha);
        Vector out;
        g->prox(vector_view(v), step, out);
        return to_numpy(out);
      },
      py::arg("spec"), py::arg("alpha"), py::arg("v"), py::arg("step"));

  // penalty: a structured spec (dict), an object with value and prox, or None for the separable penalty `name`.
  m.def(
      "proximal_solve",
      [](DesignHandle& x, const std::string& method, const py::dict& method_options, py::object penalty,
         const std::string& name, const std::vector<double>& shape, const std::string& loss,
         const std::vector<double>& loss_shape, const CArray<double>& y, const CArray<double>& sample_weight,
         const std::optional<CArray<double>>& offset, double alpha, bool relative, double lambda_share,
         double ridge_share, const std::optional<CArray<double>>& weights, bool nonnegative, bool multiply,
         bool fit_intercept, const std::optional<CArray<double>>& scale, double tol, Index max_iter, double max_time,
         const std::optional<CArray<double>>& coef, double intercept, py::object callback) {
        LinearArguments a(x, loss, loss_shape, y, sample_weight, offset, {alpha, relative, lambda_share, ridge_share},
                          weights, nonnegative, multiply, fit_intercept, scale);
        const Settings settings = to_settings(tol, max_iter, max_time);
        const bcd::Start start = to_start(coef, intercept, x.design->cols());
        expect_separable(name, shape, x.design->cols());
        if (method == "lla") {
          const Index steps = py::cast<Index>(method_options["n_steps"]);
          const bcd::Solution s = run_released(std::move(callback), [&](Monitor& monitor) {
            return prox::linear_approximation(a.problem, name, shape, steps, bcd::Options{}, settings, start, monitor);
          });
          return to_result(s, lambda_share);
        }
        const bool separable = penalty.is_none();
        std::unique_ptr<VectorPenalty> g;
        if (separable)
          g = separable_vector(a, name, shape, x.design->cols());
        else if (py::isinstance<py::dict>(penalty))
          g = to_structured(py::cast<py::dict>(penalty), x.design->cols());
        else
          g = std::make_unique<PythonPenalty>(penalty);
        prox::AcceleratedOptions options;
        Index n_nonzero = 0;
        bool exchange = false;
        if (method == "accelerated") {
          options.momentum = to_momentum(py::cast<std::string>(method_options["momentum"]));
          options.restart = to_restart(py::cast<std::string>(method_options["restart"]));
          options.monotone = py::cast<bool>(method_options["monotone"]);
          options.split = py::cast<bool>(method_options["split"]);
          options.lipschitz = py::cast<double>(method_options["lipschitz"]);
        } else if (method == "iht") {
          n_nonzero = py::cast<Index>(method_options["n_nonzero"]);
          exchange = py::cast<bool>(method_options["exchange"]);
          require(n_nonzero >= 0, "n_nonzero: expected no negative number");
        } else {
          require(method == "conjugate_gradient",
                  "method: expected 'accelerated', 'conjugate_gradient', 'iht' or 'lla'");
        }
        const prox::Problem problem{*x.design, *a.loss, *g, alpha, relative, fit_intercept, a.problem.offset};
        const prox::Solution s = run_released(std::move(callback), [&](Monitor& monitor) {
          monitor.start(settings.max_time);
          prox::Null null;
          if (separable) {
            null.model = bcd::null_model(a.problem, name, shape, monitor);
            null.alpha_max = alpha_max(null.model.lambda_max, lambda_share);
          } else {
            null = prox::null_model(problem, monitor);
          }
          if (method == "iht")
            return prox::hard_thresholding(problem, null, n_nonzero, exchange, settings, start, monitor);
          if (method == "conjugate_gradient") return prox::conjugate_gradient(problem, null, settings, start, monitor);
          return prox::accelerated(problem, null, options, settings, start, monitor);
        });
        return to_result(s);
      },
      py::arg("x"), py::kw_only(), py::arg("method"), py::arg("method_options"), py::arg("penalty"), py::arg("name"),
      py::arg("shape"), py::arg("loss"), py::arg("loss_shape"), py::arg("y"), py::arg("sample_weight"),
      py::arg("offset"), py::arg("alpha"), py::arg("relative"), py::arg("lambda_share"), py::arg("ridge_share"),
      py::arg("weights"), py::arg("nonnegative"), py::arg("multiply"), py::arg("fit_intercept"), py::arg("scale"),
      py::arg("tol"), py::arg("max_iter"), py::arg("max_time"), py::arg("coef"), py::arg("intercept"),
      py::arg("callback"));
}

}  // namespace pauca::python
