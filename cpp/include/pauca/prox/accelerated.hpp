#pragma once

#include "pauca/prox/problem.hpp"

namespace pauca::prox {

enum class Momentum {
  thesis,       ///< a_k = 2 / (1 + sqrt(1 + 4 / a_{k-1}^2)), step .99 / L, lambda_k = step / a_k
  ghadimi_lan,  ///< a_k = 2 / (k + 1), step 1 / (2 L), lambda_k = k step / 2
  none,         ///< a_k = 1: proximal gradient
};

/// When momentum starts again.
enum class Restart {
  none,
  speed,     ///< the steps of md get shorter (Su, Boyd and Candes 2016), after at least three iterations
  gradient,  ///< the last move points up: <md - ag, ag - previous ag> > 0 (O'Donoghue and Candes 2015)
};

struct AcceleratedOptions {
  Momentum momentum = Momentum::thesis;
  Restart restart = Restart::gradient;
  bool monotone = true;    ///< a point that does not lower F is replaced by a proximal gradient step
  bool split = true;       ///< take a concave part of g to f where g allows it
  double lipschitz = 0.0;  ///< first estimate, corrected by backtracking; 0: power iteration
};

/// Accelerated proximal gradient of Ghadimi and Lan (2016) with the parameters of Yang, Asgharian and Bhatnagar (2024):
///
///   md = (1 - a) ag + a x,   x <- prox_{lambda_k h}(x - lambda_k G),   ag <- prox_{w h}(md - w G),   G = grad(f +
///   c)(md)
///
/// with g = h + c, h convex and c concave and smooth. A penalty that does not split is taken as it is, with one prox an
/// iteration at the extrapolated point ag_k + (a_k / a_{k-1} - a_k) (ag_k - ag_{k-1}).
Solution accelerated(const Problem& problem, const Null& null, const AcceleratedOptions& options,
                     const Settings& settings, const bcd::Start& start, Monitor& monitor);

}  // namespace pauca::prox
