"""Send an approved issue: to everybody planned, to nobody twice in silence. Its door is `dispatch.send`.

    plan       what "send" means now: begin, go on, or refuse; what to ask the person first
    owner      one sender at a time, proven by a lock that the operating system frees
    reconcile  what a dead sender left behind
    dispatch   the loop in this process: paced, patient, stoppable
    deliver    one batch: claim, hand over, record
    journal    what became of single mails, for mailers that answer one by one
    pace       how fast, and how long to wait        stop_rules  when to give up

The room knows the ledger, and no provider. Another dispatcher, for many machines, would call the same `deliver`.
"""
