#pragma once

#include "pauca/prox/problem.hpp"

namespace pauca::prox {

/// Proximal nonlinear conjugate gradients with the direction of Hager and Zhang (2005). With g = h + c as for
/// `accelerated` and r < 1 / L, s(x) = x - prox_{r h}(x - r grad(f + c)(x)) takes the place of the gradient:
///
///   d_{k+1} = -s_{k+1} + max(b_k, e_k) d_k,  b_k = <y - 2 d ||y||^2 / <d, y>, s_{k+1}> / <d, y>,  y = s_{k+1} - s_k.
///
/// s is not the gradient of the forward-backward envelope, so that descent is measured by the envelope itself; where no
/// step along d lowers it enough, d = -s does, with step one.
Solution conjugate_gradient(const Problem& problem, const Null& null, const Settings& settings, const bcd::Start& start,
                            Monitor& monitor);

}  // namespace pauca::prox
