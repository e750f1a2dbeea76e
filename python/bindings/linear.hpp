#pragma once

// What the binding units of linear models share: design handles, losses by name, optional arrays, arguments.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "pauca/bcd/problem.hpp"
#include "pauca/core/errors.hpp"
#include "pauca/loss/logistic.hpp"
#include "pauca/loss/quadratic.hpp"
#include "pauca/loss/squared_hinge.hpp"

namespace pauca::python {

/// A design and the Python arrays it looks at.
struct DesignHandle {
  std::unique_ptr<Design> design;
  std::vector<py::object> keep_alive;
};

inline std::unique_ptr<Loss> make_loss(const std::string& name, const CArray<double>& y,
                                       const CArray<double>& weights) {
  Vector target = vector_view(y), s = vector_view(weights);
  if (name == "quadratic") return std::make_unique<QuadraticLoss>(std::move(target), std::move(s));
  if (name == "logistic") return std::make_unique<LogisticLoss>(std::move(target), std::move(s));
  if (name == "squared_hinge") return std::make_unique<SquaredHingeLoss>(std::move(target), std::move(s));
  throw std::invalid_argument("loss: no loss is called '" + name + "'");
}

inline const double* optional_data(const std::optional<CArray<double>>& a) { return a ? a->data() : nullptr; }

inline bcd::Engine to_engine(const std::string& name) {
  if (name == "auto") return bcd::Engine::automatic;
  if (name == "gram") return bcd::Engine::gram;
  if (name == "residual") return bcd::Engine::residual;
  throw std::invalid_argument("engine: got '" + name + "', expected 'auto', 'gram' or 'residual'");
}

/// Everything a linear fit needs, gathered once from Python.
struct LinearArguments {
  std::unique_ptr<Loss> loss;
  std::optional<Vector> offset;
  bcd::Problem problem;

  LinearArguments(DesignHandle& x, const std::string& loss_name, const CArray<double>& y,
                  const CArray<double>& sample_weight, const std::optional<CArray<double>>& offset_array,
                  const bcd::Strength& strength, const std::optional<CArray<double>>& weights, bool nonnegative,
                  bool fit_intercept, const std::optional<CArray<double>>& scale)
      : loss(make_loss(loss_name, y, sample_weight)),
        offset(offset_array ? std::optional<Vector>(vector_view(*offset_array)) : std::nullopt),
        problem{*x.design, *loss,         {0.0, 0.0, optional_data(weights), nonnegative},
                strength,  fit_intercept, offset ? &*offset : nullptr} {
    x.design->set_scale(optional_data(scale));
  }
};

}  // namespace pauca::python
