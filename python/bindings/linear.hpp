#pragma once

// What the units that fit linear models share.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "checks.hpp"
#include "pauca/bcd/problem.hpp"
#include "pauca/core/errors.hpp"
#include "pauca/loss/registry.hpp"
#include "pauca/penalty/box.hpp"

namespace pauca::python {

/// A design and the Python arrays it looks at.
struct DesignHandle {
  std::unique_ptr<Design> design;
  std::vector<py::object> keep_alive;
};

/// Rescales the design's columns for as long as it lives: the design keeps only a pointer.
class ScaledDesign {
 public:
  ScaledDesign(DesignHandle& x, const std::optional<CArray<double>>& scale) : design_(*x.design) {
    expect_size("scale", scale, design_.cols());
    design_.set_scale(scale ? scale->data() : nullptr);
  }
  ~ScaledDesign() { design_.set_scale(nullptr); }
  ScaledDesign(const ScaledDesign&) = delete;
  ScaledDesign& operator=(const ScaledDesign&) = delete;

 private:
  Design& design_;
};

inline const double* optional_data(const std::optional<CArray<double>>& a) { return a ? a->data() : nullptr; }

inline bcd::Engine to_engine(const std::string& name) {
  if (name == "auto") return bcd::Engine::automatic;
  if (name == "gram") return bcd::Engine::gram;
  if (name == "residual") return bcd::Engine::residual;
  throw std::invalid_argument("engine: got '" + name + "', expected 'auto', 'gram' or 'residual'");
}

/// Everything a linear fit needs, gathered once from Python.
struct LinearArguments {
  ScaledDesign scaled;
  std::unique_ptr<Loss> loss;
  std::optional<Vector> offset;
  bcd::Problem problem;

  LinearArguments(DesignHandle& x, const std::string& loss_name, const std::vector<double>& loss_shape,
                  const CArray<double>& y, const CArray<double>& sample_weight,
                  const std::optional<CArray<double>>& offset_array, const bcd::Strength& strength,
                  const std::optional<CArray<double>>& weights, bool nonnegative, bool multiply, bool fit_intercept,
                  const std::optional<CArray<double>>& scale)
      : scaled(x, scale),
        loss(make_loss(loss_name, loss_shape, vector_view(y), vector_view(sample_weight))),
        offset(offset_array ? std::optional<Vector>(vector_view(*offset_array)) : std::nullopt),
        problem{*x.design, *loss,         {0.0, 0.0, optional_data(weights), nonnegative, multiply},
                strength,  fit_intercept, offset ? &*offset : nullptr} {
    expect("y", loss->size(), x.design->rows());
    expect_size("offset", offset_array, x.design->rows());
    expect_size("penalty weights", weights, x.design->cols());
  }
};

/// Shape and start of a separable penalty's coefficients.
inline void expect_separable(const std::string& penalty, const std::vector<double>& shape, Index cols) {
  if (penalty == Box::name && shape.size() != 2) expect("penalty bounds", static_cast<Index>(shape.size()), 2 * cols);
}

inline bcd::Start to_start(const std::optional<CArray<double>>& coef, double intercept, Index cols) {
  expect_size("coef", coef, cols);
  bcd::Start start;
  if (coef) start.coef = vector_view(*coef);
  start.intercept = intercept;
  return start;
}

/// Infinite for a penalty of which lambda is no part.
inline double alpha_max(double lambda_max, double lambda_share) {
  return lambda_share > 0.0 ? lambda_max / lambda_share : std::numeric_limits<double>::infinity();
}

inline py::dict to_dict(const bcd::Solution& s, double lambda_share) {
  py::dict d = to_dict(s.report);
  d["coef"] = to_numpy(s.coef);
  d["intercept"] = s.intercept;
  d["alpha"] = s.alpha;
  d["alpha_max"] = alpha_max(s.lambda_max, lambda_share);
  d["support_identified_at"] = s.support_identified_at;
  d["null_objective"] = s.null_objective;
  return d;
}

}  // namespace pauca::python
