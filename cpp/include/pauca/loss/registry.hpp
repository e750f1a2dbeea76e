#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pauca/loss/loss.hpp"

namespace pauca {

/// The loss of this name for targets y and weights that sum to one; `shape` holds its parameters in declaration order.
std::unique_ptr<Loss> make_loss(const std::string& name, const std::vector<double>& shape, Vector y, Vector weights);

}  // namespace pauca
