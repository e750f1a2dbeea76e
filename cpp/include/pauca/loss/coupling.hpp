#pragma once

#include "pauca/core/types.hpp"

namespace pauca {

/// The part R of a Hessian diag(h) - R'R in the linear predictor, for losses that couple rows: diag(h) majorises it.
class Coupling {
 public:
  virtual ~Coupling() = default;
  virtual Index rank() const = 0;
  /// out = R x, `rank` numbers
  virtual void apply(const Vector& x, double* out) const = 0;
};

}  // namespace pauca
