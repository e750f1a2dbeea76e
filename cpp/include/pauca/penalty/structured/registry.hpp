#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pauca/penalty/vector_penalty.hpp"

namespace pauca {

/// What a structured penalty is made of; each uses what it needs.
struct StructuredSpec {
  std::string name;
  std::vector<double> shape;     ///< scalar parameters, in declaration order
  std::vector<double> sequence;  ///< one number a feature (SLOPE) or a group (weights)
  std::vector<Index> labels;     ///< group of each feature: 0, 1, ...
  Index rows = 0, cols = 0;      ///< of a matrix coefficient
};

/// A new structured penalty is one header, one source file and one line in the body of this function.
std::unique_ptr<VectorPenalty> make_structured(const StructuredSpec& spec);

}  // namespace pauca
