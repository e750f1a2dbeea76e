#pragma once

#include "pauca/core/monitor.hpp"
#include "pauca/nmf/counts.hpp"

namespace pauca::nmf {

/// One sweep of min_M 1/2 tr(M G M') - tr(B M') over matrices whose columns lie on the simplex, column by column:
///   m_k <- P(m_k + (b_k - M g_k) / G_kk),   P the projection onto the simplex.
/// Each step minimises exactly over its column (the curvature is a multiple of the identity), so that the objective
/// never increases; dividing by the sum in place of projecting has no such property.
void simplex_column_sweep(ConstMatrixRef b, ConstMatrixRef gram, MatrixRef m);

/// min 1/2 ||Q - A T||^2, Q[c, d] the share of word c in document d, columns of A and T on the simplex: sweeps over
/// the columns of A, exact simplex least squares for the columns of T.
/// Stops when the objective falls by less than tol relative to its first value.
Report simplex_hals(const CountTable& counts, SimplexFactors& f, const Settings& settings, Monitor& monitor);

/// Minimum volume: min 1/2 sum_c pi_c ||s_c - V h_c||^2 + lambda/2 logdet(V'V + delta I) over vertices V and weights
/// h_c on simplices, s_c = p(document | word c), pi_c the share of word c. It fits clouds whose vertices carry no
/// mass. The log-determinant is majorised at the last V by tr((V'V + delta I)^-1 V'V), which adds lambda times that
/// inverse to the Gram of the sweeps. `volume` is lambda relative to the first misfit / |logdet| of the start.
Report minimum_volume(const CountTable& counts, SimplexFactors& f, double volume, const Settings& settings,
                      Monitor& monitor);

}  // namespace pauca::nmf
