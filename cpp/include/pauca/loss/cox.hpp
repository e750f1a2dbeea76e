#pragma once

#include <vector>

#include "pauca/loss/loss.hpp"

namespace pauca {

enum class Ties { breslow, efron };

/// Minus the log partial likelihood of Cox (1972), in units of the total weight:
///
///   f(eta) = -sum_{events i} s_i eta_i + sum_terms w_t log(S_k - phi_t T_k),
///   S_k = sum_{j at risk at t_k} n s_j e^{eta_j},   T_k the same over the d_k events at t_k.
///
/// Row j is at risk at t_k if it is in the same stratum and entry_j < t_k <= time_j. Breslow: one term for each
/// distinct event time, phi = 0 and w the weight of its events; Efron: d_k terms, phi = r / d_k and w the mean weight.
/// Only rows of positive weight count. Each evaluation costs O(n): rows know the range of event times at which they are
/// at risk.
///
/// The Hessian is diag(h) - sum_t w_t p_t p_t' with p_t the probabilities in the risk set and h = sum_t w_t p_t.
class CoxLoss final : public Loss {
 public:
  /// `target` holds entry, time, event (0 or 1) and stratum (0, 1, ...) of all rows, one after the other.
  CoxLoss(const Vector& target, Vector weights, Ties ties);

  const char* name() const override { return "cox"; }
  double value(const Vector& eta) const override;
  void gradient(const Vector& eta, Vector& u) const override;
  void curvature(const Vector& eta, Vector& h) const override;
  bool couples_rows() const override { return true; }
  std::unique_ptr<Coupling> coupling(const Vector& eta) const override;
  /// A constant in eta changes nothing.
  double center(Vector& eta, Vector& u) const override {
    gradient(eta, u);
    return 0.0;
  }

  /// Increments of the cumulative baseline hazard at the event times, strata one after the other.
  Vector baseline(const Vector& eta) const;
  const std::vector<double>& event_times() const { return times_; }
  /// First event time of each stratum, and one past the last.
  const std::vector<Index>& stratum_begin() const { return begin_; }

 private:
  friend class CoxCoupling;
  struct Row {
    Index stratum, first, last;  // at risk at the event times first <= k < last
    bool event;                  // at time last - 1, with positive weight
  };
  /// n s e^{eta} and its sums over risk sets and events, relative to e^{scale} of the (last) event time at which a row
  /// is at risk: the largest eta of the risk set, or of the stratum if it has rows that enter late.
  struct Sums {
    Vector scale, decay;  // by event time; decay = e^{scale of the next one - scale}
    Vector weight;        // by row
    Vector risk, tied;    // by event time
  };
  Sums sums(const Vector& eta) const;
  /// Values over rows summed over the risk set of every event time, and over its events.
  void sum_risk_sets(const Vector& rows, const Vector& decay, Vector& risk, Vector& tied) const;
  /// sum_t w_t p_t
  void expected(const Sums& s, Vector& h) const;
  Index terms(Index k) const { return ties_ == Ties::efron ? events_[k] : 1; }
  double share(Index r, Index k) const { return static_cast<double>(r) / static_cast<double>(terms(k)); }
  double term_weight(Index k) const { return event_weight_[k] / static_cast<double>(terms(k)); }

  /// S - phi T of term r, or 0 where no digit of it is known.
  double left(const Sums& s, Index k, Index r) const;

  std::vector<Row> rows_;
  std::vector<char> truncated_;  // strata with rows that enter after its first event
  std::vector<double> times_;    // event times
  std::vector<Index> begin_;     // of strata among event times
  std::vector<Index> events_;    // at each event time
  Vector event_weight_;          // their weight
  double count_;                 // rows of positive weight
  Ties ties_;
};

}  // namespace pauca
