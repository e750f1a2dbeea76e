#pragma once

// What the binding units of linear models share: design handles, losses by name, optional arrays.

#include <memory>

#include "bindings.hpp"
#include "pauca/bcd/problem.hpp"
#include "pauca/core/errors.hpp"
#include "pauca/loss/logistic.hpp"
#include "pauca/loss/quadratic.hpp"

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
  throw std::invalid_argument("loss: no loss is called '" + name + "'");
}

inline const double* optional_data(const std::optional<CArray<double>>& a) { return a ? a->data() : nullptr; }

inline bcd::Engine to_engine(const std::string& name) {
  if (name == "auto") return bcd::Engine::automatic;
  if (name == "gram") return bcd::Engine::gram;
  if (name == "residual") return bcd::Engine::residual;
  throw std::invalid_argument("engine: got '" + name + "', expected 'auto', 'gram' or 'residual'");
}

}  // namespace pauca::python
