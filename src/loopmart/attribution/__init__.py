"""Attribution that is learnt from paths: Shapley values and removal effects of Markov chains, solved exactly."""
