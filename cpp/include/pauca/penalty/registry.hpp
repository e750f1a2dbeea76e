#pragma once

#include <string>
#include <vector>

#include "pauca/core/errors.hpp"
#include "pauca/penalty/l1.hpp"

namespace pauca {

/// Calls visit(P{...}) for the scalar penalty of this name; `shape` holds its parameters in declaration order.
/// A new separable penalty is one header and one line here.
template <class Visitor>
auto visit_penalty(const std::string& name, const std::vector<double>& /*shape*/, Visitor&& visit) {
  if (name == L1::name) return visit(L1{});
  throw std::invalid_argument("penalty: no separable penalty is called '" + name + "'");
}

}  // namespace pauca
