#pragma once

#include <string>
#include <vector>

#include "pauca/core/errors.hpp"
#include "pauca/penalty/box.hpp"
#include "pauca/penalty/capped_l1.hpp"
#include "pauca/penalty/l0.hpp"
#include "pauca/penalty/l1.hpp"
#include "pauca/penalty/log_sum.hpp"
#include "pauca/penalty/lp.hpp"
#include "pauca/penalty/mcp.hpp"
#include "pauca/penalty/scad.hpp"
#include "pauca/penalty/transformed_l1.hpp"

namespace pauca {

/// Calls visit(P{...}) for the scalar penalty of this name; `shape` holds its parameters in declaration order.
/// A new separable penalty is one header and one line here.
template <class Visitor>
auto visit_penalty(const std::string& name, const std::vector<double>& shape, Visitor&& visit) {
  if (name == L1::name) return visit(L1{});
  if (name == Mcp::name) return visit(Mcp{shape});
  if (name == Scad::name) return visit(Scad{shape});
  if (name == CappedL1::name) return visit(CappedL1{shape});
  if (name == LogSum::name) return visit(LogSum{shape});
  if (name == L0::name) return visit(L0{});
  if (name == Lp::name) return visit(Lp{shape});
  if (name == TransformedL1::name) return visit(TransformedL1{shape});
  if (name == Box::name) return visit(Box{shape});
  throw std::invalid_argument("penalty: no separable penalty is called '" + name + "'");
}

}  // namespace pauca
